/* Verifying a folder: a report of what there is, of both parts, and of the official archives beside them. */
#include "base/memory.h"
#include "base/text.h"
#include "dataset/dataset.h"
#include "dataset/md5.h"
#include "file/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct report {
    const struct pc_reader *reader;
    const char *folder;
    json_t *root, *problems, *notes, *files, *archives, *parts;
    bool failed;           /* no memory */
    bool matched, differs; /* an archive's checksum */
};

/* The value belongs to the object afterwards, or is gone: containers are filled before they are given away. */
static void set(struct report *report, json_t *object, const char *name, json_t *value) {
    if (json_object_set_new(object, name, value) != 0) report->failed = true;
}

static void append(struct report *report, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0) report->failed = true;
}

/* JSON takes UTF-8 alone; paths may be anything. */
static json_t *make_text(const char *text) {
    struct pc_quote quote;
    json_t *string = json_string(text);
    return string ? string : json_string(pc_quote(&quote, text));
}

static json_t *add(struct report *report, const char *name, json_t *value) {
    set(report, report->root, name, value);
    return json_object_get(report->root, name);
}

static void begin(struct report *report) {
    report->root = json_object();
    add(report, "kind", json_string(report->reader->kind.name));
    add(report, "folder", report->folder ? make_text(report->folder) : json_null());
    add(report, "ok", json_false());
    add(report, "official", json_null());
    report->problems = add(report, "problems", json_array());
    report->notes = add(report, "notes", json_array());
    report->files = add(report, "files", json_array());
    report->archives = add(report, "archives", json_array());
    report->parts = add(report, "parts", json_object());
}

static json_t *list_numbers(struct report *report, const double *numbers, int32_t count) {
    json_t *list = json_array();
    for (int32_t i = 0; i < count; i++) append(report, list, json_real(numbers[i]));
    return list;
}

static json_t *count_labels(struct report *report, const struct pcil_dataset *data) {
    json_t *list = json_array();
    int64_t *counts = pc_allocate((size_t)data->classes, sizeof *counts);
    if (!counts) report->failed = true;
    for (int64_t i = 0; counts && i < data->count; i++) counts[pc_dataset_label(data, i)]++;
    for (int32_t i = 0; counts && i < data->classes; i++) append(report, list, json_integer(counts[i]));
    pc_release(counts);
    return list;
}

static void describe(struct report *report, const struct pcil_dataset *data, json_t *part) {
    set(report, part, "count", json_integer(data->count));
    set(report, part, "channels", json_integer(data->channels));
    set(report, part, "height", json_integer(data->height));
    set(report, part, "width", json_integer(data->width));
    set(report, part, "classes", json_integer(data->classes));
    set(report, part, "labels", count_labels(report, data));
}

static pcil_status describe_pixels(struct report *report, const struct pcil_dataset *data, json_t *part) {
    double *mean = pc_allocate((size_t)data->channels * 2, sizeof *mean);
    if (!mean) return pc_fail_memory(NULL, "a report");
    pcil_status status = pc_dataset_statistics(data, NULL, mean, mean + data->channels);
    if (status == PCIL_OK) {
        set(report, part, "mean", list_numbers(report, mean, data->channels));
        set(report, part, "deviation", list_numbers(report, mean + data->channels, data->channels));
    }
    pc_release(mean);
    return status;
}

static void take_problem(struct report *report, pcil_status status) {
    if (status == PCIL_ERROR_MEMORY) report->failed = true;
    if (status != PCIL_OK) append(report, report->problems, make_text(pcil_last_error()));
}

static void verify_part(struct report *report, const char *name) {
    struct pcil_dataset *data;
    pcil_status status = pcil_dataset_open(&data, report->reader->kind.name, report->folder, name);
    if (status == PCIL_OK) {
        json_t *part = json_object();
        describe(report, data, part);
        status = describe_pixels(report, data, part);
        set(report, report->parts, name, part);
        pcil_dataset_free(data);
    }
    take_problem(report, status);
}

/* The path of a name in the folder, or in `inner` of it; NULL if there is none or no memory. */
static char *find(struct report *report, const char *inner, const char *name) {
    struct pc_text path = {0};
    struct stat file;
    pc_text_append(&path, "%s%s%s/%s", report->folder, inner ? "/" : "", inner ? inner : "", name);
    if (path.failed) report->failed = true;
    bool found = !path.failed && stat(path.bytes, &file) == 0 && S_ISREG(file.st_mode);
    if (!found) pc_text_free(&path);
    return path.bytes;
}

static void list_files(struct report *report) {
    for (const char *const *name = report->reader->files; name && *name; name++) {
        struct stat file;
        char *path = find(report, NULL, *name);
        if (!path && report->reader->official) path = find(report, report->reader->official, *name);
        if (path && stat(path, &file) == 0) {
            json_t *entry = json_object();
            set(report, entry, "name", json_string(*name));
            set(report, entry, "bytes", json_integer(file.st_size));
            append(report, report->files, entry);
        }
        pc_release(path);
    }
}

static void note_difference(struct report *report, const char *path, const char *found, const char *official) {
    struct pc_text text = {0};
    struct pc_quote quote;
    pc_text_append(&text, "'%s' is not the official file: its md5 is %s, the official one %s", pc_quote(&quote, path),
                   found, official);
    append(report, report->notes, text.failed ? NULL : json_string(text.bytes));
    pc_text_free(&text);
}

static void compare(struct report *report, const char *path, const struct pc_archive *archive) {
    struct pc_md5 sum;
    pcil_status status = pc_md5_file(path, &sum);
    take_problem(report, status);
    if (status != PCIL_OK) return;
    bool told = sum.text[0], same = strcmp(sum.text, archive->md5) == 0;
    json_t *entry = json_object();
    set(report, entry, "name", json_string(archive->name));
    set(report, entry, "md5", told ? json_string(sum.text) : json_null());
    set(report, entry, "official", json_string(archive->md5));
    set(report, entry, "ok", told ? json_boolean(same) : json_null());
    append(report, report->archives, entry);
    report->matched |= told && same;
    report->differs |= told && !same;
    if (told && !same) note_difference(report, path, sum.text, archive->md5);
}

static void verify_archives(struct report *report) {
    for (const struct pc_archive *archive = report->reader->archives; archive && archive->name; archive++) {
        char *path = find(report, NULL, archive->name);
        if (!path) path = find(report, "..", archive->name);
        if (path) compare(report, path, archive);
        pc_release(path);
    }
}

static pcil_status give(struct report *report, char *text, int64_t capacity, int64_t *length) {
    set(report, report->root, "ok", json_boolean(json_array_size(report->problems) == 0));
    if (report->matched || report->differs) set(report, report->root, "official", json_boolean(!report->differs));
    char *built = report->failed ? NULL : pc_json_dump(report->root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(report->root);
    if (!built) return pc_fail_memory(NULL, "a report");
    pcil_status status = pc_text_give(NULL, built, text, capacity, length);
    free(built);
    return status;
}

pcil_status pcil_dataset_verify(const char *kind, const char *folder, char *text, int64_t capacity, int64_t *length) {
    const struct pc_kind *found;
    pcil_status status = pc_family_choose(&pc_dataset_family, NULL, kind, &found);
    if (status != PCIL_OK) return status;
    struct report report = {.reader = (const struct pc_reader *)found, .folder = folder};
    if (report.reader->fetch && (!folder || !*folder))
        return pc_fail(NULL, PCIL_ERROR_ARGUMENT, "data set '%s' lies in a folder, but none is given ('data')", kind);
    if (!report.reader->fetch) report.folder = NULL;
    begin(&report);
    verify_part(&report, "train");
    verify_part(&report, "test");
    if (report.folder) list_files(&report);
    if (report.folder) verify_archives(&report);
    return give(&report, text, capacity, length);
}
