export declare const full: boolean
export declare function ofTheDay<T>(all: readonly T[], count: number, name?: (one: T) => string, date?: Date): T[]
