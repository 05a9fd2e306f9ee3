import type { Mail } from '../mail/index.ts'

/** What a publisher has written stands on one line, and is no longer than a line should be. */
const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 120)

export function confirmMail(to: string, title: string, links: { site: string; confirm: string }): Mail {
  return {
    to,
    subject: `Confirm: news of ${oneLine(title)}`,
    text: `Somebody, most likely you, wants to be told by mail when there is new data in

  ${oneLine(title)}
  ${links.site}

Confirm this:
${links.confirm}

If it was not you, there is nothing you have to do: you get no other mail.
`,
  }
}

export function newsMail(to: string, title: string, links: { dataset: string; unsubscribe: string }): Mail {
  return {
    to,
    subject: `New data: ${oneLine(title)}`,
    text: `There is new data in

  ${oneLine(title)}
  ${links.dataset}

No more of these mails:
${links.unsubscribe}
`,
    // RFC 8058: mail programs show a button.
    headers: {
      'List-Unsubscribe': `<${links.unsubscribe}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      Precedence: 'list',
    },
  }
}

export function alertMail(
  to: string,
  alert: { title: string; what: string; detail: string; link: string; settings: string },
): Mail {
  return {
    to,
    subject: `${alert.what}: ${oneLine(alert.title)}`,
    text: `${alert.what}: ${oneLine(alert.title)}

${alert.detail}

${alert.link}

You get this because you ordered it, or own the dataset. To get no such mails:
${alert.settings}
`,
  }
}

export function feedbackMail(
  to: string,
  facts: {
    readonly title: string
    readonly isError: boolean
    readonly comment: string
    /** Whom to answer; null: nobody. */
    readonly from: string | null
    readonly link: string
  },
): Mail {
  const what = facts.isError ? 'An error is reported' : 'A reader asks'
  return {
    to,
    subject: `${what}: ${oneLine(facts.title)}`,
    text: `${what} about the dataset ${oneLine(facts.title)}

${facts.comment.replace(/^/gm, '> ')}

From: ${facts.from === null ? 'a reader who gave no address' : oneLine(facts.from)}
${facts.link}
`,
  }
}
