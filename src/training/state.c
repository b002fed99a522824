/* The counts and sums of a run as a JSON object and back, by one table for both ways. JSON has no NaN: null is one. */
#include "analysis/traces.h"
#include "base/text.h"
#include "optimizer/optimizer.h"
#include "training/checkpoint.h"

#include <math.h>
#include <string.h>

static const double LARGEST = 9007199254740991.;

struct field {
    const char *name;
    bool whole; /* an integer */
    size_t place;
};

#define WHOLE(member)                                                                                                  \
    { #member, true, offsetof(struct pc_parts, member) }
#define REAL(member)                                                                                                   \
    { #member, false, offsetof(struct pc_parts, member) }

static const struct field fields[] = {
    WHOLE(counts.epoch),        WHOLE(counts.batch),         WHOLE(counts.iteration),
    WHOLE(counts.samples),      REAL(counts.seconds),        REAL(counts.batch_loss),
    REAL(counts.train_loss),    REAL(counts.train_energy),   REAL(counts.samples_per_second),
    REAL(counts.test.loss),     REAL(counts.test.accuracy),  REAL(counts.test.top5),
    REAL(counts.best_accuracy), REAL(counts.best_loss),      WHOLE(counts.best_epoch),
    REAL(counts.guard.largest), WHOLE(counts.guard.batches), REAL(interval.loss),
    REAL(interval.seconds),     WHOLE(interval.steps),       WHOLE(interval.samples),
};

enum { FIELDS = sizeof fields / sizeof fields[0], MOST_ARRAYS = 8 };

/* Doubles of the run and of the optimizer. */
struct array {
    const char *name;
    double *values;
    int64_t count;
    bool finite; /* NaN has no meaning in it */
};

static int32_t list_arrays(const struct pc_parts *parts, struct array arrays[MOST_ARRAYS]) {
    int32_t blocks = pcil_network_blocks(parts->network), count = 0;
    arrays[count++] = (struct array){"counts.magnitudes", parts->counts.magnitudes, blocks, false};
    int64_t sums = 0;
    if (parts->traces) {
        double *traced = pc_traces_sums(parts->traces, &sums);
        arrays[count++] = (struct array){"traces", traced, sums, false};
    }
    for (int32_t i = 0; i < pc_optimizer_arrays(parts->optimizer) && count < MOST_ARRAYS; i++) {
        struct pc_optimizer_array array = pc_optimizer_array(parts->optimizer, i);
        if (array.bytes == sizeof(double)) arrays[count++] = (struct array){array.name, array.data, array.count, true};
    }
    return count;
}

/* --- writing --- */

static json_t *real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *list(const struct array *array) {
    json_t *values = json_array();
    bool good = values != NULL;
    for (int64_t i = 0; i < array->count && good; i++)
        good = json_array_append_new(values, real(array->values[i])) == 0;
    if (good) return values;
    json_decref(values);
    return NULL;
}

static json_t *value_of(const struct pc_parts *parts, const struct field *field) {
    const char *place = (const char *)parts + field->place;
    int64_t whole;
    double number;
    if (!field->whole) {
        memcpy(&number, place, sizeof number);
        return real(number);
    }
    memcpy(&whole, place, sizeof whole);
    return json_integer(whole);
}

json_t *pc_state_write(const pcil_trainer *trainer) {
    const struct pc_parts *parts = &trainer->parts;
    struct array arrays[MOST_ARRAYS];
    int32_t count = list_arrays(parts, arrays);
    json_t *state = json_object();
    bool good = state != NULL;
    for (size_t i = 0; i < FIELDS && good; i++)
        good = json_object_set_new(state, fields[i].name, value_of(parts, &fields[i])) == 0;
    for (int32_t i = 0; i < count && good; i++)
        good = json_object_set_new(state, arrays[i].name, list(&arrays[i])) == 0;
    good = good && json_object_set_new(state, "optimizer.iterations",
                                       json_integer(pcil_optimizer_iterations(parts->optimizer))) == 0;
    good = good && json_object_set_new(state, "metrics", json_integer(trainer->folder.metrics_size)) == 0;
    if (good) return state;
    json_decref(state);
    return NULL;
}

/* --- reading: the file is somebody else's --- */

static bool take_whole(const json_t *value, int64_t *whole) {
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (double)json_integer_value(value) > LARGEST)
        return false;
    *whole = json_integer_value(value);
    return true;
}

static bool take_real(const json_t *value, double *number) {
    if (!json_is_real(value) && !json_is_null(value)) return false;
    *number = json_is_null(value) ? NAN : json_real_value(value);
    return true;
}

static bool take_field(struct pc_parts *parts, const struct field *field, const json_t *value) {
    char *place = (char *)parts + field->place;
    int64_t whole;
    double number;
    if (field->whole ? !take_whole(value, &whole) : !take_real(value, &number)) return false;
    if (field->whole)
        memcpy(place, &whole, sizeof whole);
    else
        memcpy(place, &number, sizeof number);
    return true;
}

static bool take_list(const struct array *array, const json_t *values) {
    bool good = json_is_array(values) && json_array_size(values) == (size_t)array->count;
    for (int64_t i = 0; i < array->count && good; i++)
        good = take_real(json_array_get(values, (size_t)i), &array->values[i]) &&
               (!array->finite || isfinite(array->values[i]));
    return good;
}

static pcil_status wrong(struct pc_error *own, const char *path, const char *name) {
    return pc_fail(own, PCIL_ERROR_FORMAT, "'%s': state: '%s' is missing, of the wrong type or out of range", path,
                   name);
}

static pcil_status take_arrays(pcil_trainer *trainer, struct pc_parts *parts, const json_t *state, const char *path) {
    struct array arrays[MOST_ARRAYS];
    int32_t count = list_arrays(parts, arrays);
    for (int32_t i = 0; i < count; i++)
        if (!take_list(&arrays[i], json_object_get(state, arrays[i].name)))
            return wrong(&trainer->error, path, arrays[i].name);
    if (json_object_size(state) == FIELDS + (size_t)count + 2) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': state: holds names that this library does not know",
                   path);
}

/* Counts that no run has would lead the loop astray. */
static bool agrees(const struct pc_parts *parts) {
    const struct pc_counts *counts = &parts->counts;
    const struct pc_interval *interval = &parts->interval;
    int64_t epochs_before = counts->epoch > 0 ? counts->epoch - 1 : 0;
    return counts->batch <= counts->batches && (counts->epoch > 0 || counts->batch == 0) && counts->epoch <= 1000000 &&
           counts->iteration == epochs_before * counts->batches + counts->batch &&
           counts->best_epoch <= counts->epoch && interval->steps <= counts->iteration &&
           interval->samples <= counts->samples && !(counts->guard.largest < 0) &&
           pcil_optimizer_iterations(parts->optimizer) == counts->iteration &&
           (!parts->traces || pc_traces_agree(parts->traces, counts->iteration));
}

pcil_status pc_state_read(pcil_trainer *trainer, struct pc_parts *parts, const json_t *state, const char *path) {
    int64_t iterations;
    for (size_t i = 0; i < FIELDS; i++)
        if (!take_field(parts, &fields[i], json_object_get(state, fields[i].name)))
            return wrong(&trainer->error, path, fields[i].name);
    if (!take_whole(json_object_get(state, "optimizer.iterations"), &iterations))
        return wrong(&trainer->error, path, "optimizer.iterations");
    if (!take_whole(json_object_get(state, "metrics"), &trainer->folder.metrics_size))
        return wrong(&trainer->error, path, "metrics");
    pcil_status status = take_arrays(trainer, parts, state, path);
    if (status != PCIL_OK) return status;
    pc_optimizer_resume(parts->optimizer, iterations);
    if (agrees(parts)) return PCIL_OK;
    return pc_fail(&trainer->error, PCIL_ERROR_FORMAT, "'%s': state: the counts contradict each other", path);
}
