export declare function labSuites(root: string): string[]
export declare function suitesOfTheDay(
  root: string,
  options?: { all?: boolean; date?: Date },
): { load: string[]; others: string[]; anotherDay: string[] }
