type Entry = 'cli' | 'main' | 'builder'
export declare const entries: Readonly<Record<Entry, string>>
export declare function stampOf(root?: string): string
export declare function directoryOf(stamp: string, root?: string): string
export declare function entryOf(name: Entry, root?: string): string
