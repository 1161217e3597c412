/** Addresses of words below the constants that all generated code and all threads know; each has a cache line of its own. */
export const sharedWords = {
  /** Where the arena for temporaries begins. */
  arena: 64,
  /** How many times threads have arrived at barriers, ever. */
  barrier: 128,
  /** Not zero once a thread has failed: nobody waits for it any more. */
  failed: 192,
  /** Counts orders to the threads to run a program; they wait for it to change. */
  order: 256,
  /** A program that will not be run again; −1 for none. */
  forget: 320,
  /** The number of the program that is meant. */
  program: 324,
  /** The count of the barrier when the order was given. */
  arrived: 336,
  /** Where the code of the program is, for threads that do not know it. */
  code: 328,
  /** How long that code is. */
  codeLength: 332,
} as const;
