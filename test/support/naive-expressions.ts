export type Fields = Readonly<Record<string, string | null>>
export const evaluateText: any = 0
export const randomExpression: any = 0
