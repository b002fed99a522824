/* A run's settings as a JSON file: what loads is written, and what was written loads to the same. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static char *settings(const pcil_trainer *trainer) {
    int64_t length = -1;
    must(pcil_trainer_settings(trainer, NULL, 0, &length) == PCIL_OK && length > 0);
    char *text = malloc((size_t)length + 1);
    must(text && pcil_trainer_settings(trainer, text, length + 1, &length) == PCIL_OK);
    return text;
}

void fuzz(const uint8_t *bytes, size_t size) {
    pcil_trainer *trainer = NULL, *again = NULL;
    must(pcil_trainer_create(&trainer) == PCIL_OK && pcil_trainer_create(&again) == PCIL_OK);
    fuzz_put("config.json", bytes, size);
    char *before = settings(trainer);
    bool loaded = fuzz_good(pcil_trainer_load(trainer, fuzz_path("config.json")));
    char *after = settings(trainer);
    if (!loaded) must(strcmp(before, after) == 0);
    fuzz_put("again.json", (const uint8_t *)after, strlen(after));
    must(fuzz_good(pcil_trainer_load(again, fuzz_path("again.json"))));
    char *second = settings(again);
    must(strcmp(after, second) == 0);
    free(before);
    free(after);
    free(second);
    pcil_trainer_free(trainer);
    pcil_trainer_free(again);
}
