/** Addresses of words below the constants that all generated code and all threads know. */
export const sharedWords = {
  /** Where the arena for temporaries begins. */
  arena: 64,
  /** How many times threads have arrived at a barrier of the program that runs. */
  barrier: 128,
} as const;
