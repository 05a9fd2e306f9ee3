import type { VNode } from 'preact'
import { useEnv } from '../kit/env.ts'

const catalog = '/api/explore/v2.1/catalog'

export function Footer(): VNode {
  const { t } = useEnv()
  return (
    <footer class="site-footer">
      <div class="site-footer-in">
        <span>{t('footer.powered')}</span>
        <a href="/api/docs">{t('footer.api')}</a>
        <a href={`${catalog}/exports/rss`}>{t('footer.feed')}</a>
        <a href={`${catalog}/exports/dcat`}>{t('footer.dcat')}</a>
      </div>
    </footer>
  )
}
