/** Uploads by XMLHttpRequest: `fetch` does not say how far it is. */
import { ApiError } from '../kit/api.ts'

export interface StoredFile {
  readonly url: string
  readonly filename: string
}

/** Errors: ApiError, AbortError. */
export function uploadFile(
  path: string,
  file: File,
  options: { csrf: string; onProgress: (share: number) => void; signal: AbortSignal },
): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('x-csrf-token', options.csrf)
    request.setRequestHeader('accept', 'application/json')
    request.setRequestHeader('accept-language', document.documentElement.lang)
    request.upload.onprogress = ({ loaded, total }) => options.onProgress(total === 0 ? 1 : loaded / total)
    request.onload = () => {
      if (request.status < 400) return resolve(JSON.parse(request.responseText))
      reject(new ApiError(request.status, readObject(request.responseText)))
    }
    request.onerror = () => reject(new TypeError('the network is gone'))
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'))
    options.signal.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file)
    request.send(form)
  })
}

function readObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
