/* One argon2id hash at the product's costs in native C, over and over: prints the milliseconds of CPU of each. */
#include <argon2.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  const char password[] = "correct horse battery staple", salt[] = "saltsaltsaltsalt";
  unsigned char hash[32];
  for (int left = argc > 1 ? atoi(argv[1]) : 1; left > 0; left--) {
    clock_t begun = clock();
    if (argon2id_hash_raw(2, 19456, 1, password, sizeof password - 1, salt, sizeof salt - 1, hash, sizeof hash) != ARGON2_OK) return 1;
    printf("%.3f\n", 1e3 * (clock() - begun) / CLOCKS_PER_SEC);
  }
}
