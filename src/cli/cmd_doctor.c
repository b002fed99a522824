/* pcil doctor: what this installation runs on, what of it is amiss or could be better, and what to do about it. */
#include "curves.h"
#include "help.h"
#include "output.h"
#include "plain.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum state { GOOD, NOTE, PROBLEM };

struct finding {
    enum state state;
    char *value;        /* given up by whoever shows it */
    const char *advice; /* what to do; "" if nothing */
};

static struct finding finding(enum state state, char *value, const char *advice) {
    return (struct finding){state, value, state == GOOD ? "" : advice};
}

static const char *build_info(const char *topic) {
    const char *text = pcil_build_info(topic);
    return text ? text : "";
}

static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    return false;
}

/* --- what was built --- */

static struct finding versions(void) {
    int32_t met = pcil_version_number(), built = PCIL_HEADER_VERSION;
    char *value = cli_format("library %s, command built for %d.%d.%d", pcil_version(), built / 1000000,
                             built / 1000 % 1000, built % 1000);
    return finding(met == built ? GOOD : PROBLEM, value,
                   "the command met a library of another version: reinstall both together, and look for a second "
                   "libpcil.so in LD_LIBRARY_PATH");
}

static struct finding compiler(void) {
    return finding(GOOD, cli_copy(build_info("compiler")), "");
}

static struct finding blas(void) {
    const char *name = build_info("blas");
    return finding(
        strstr(name, "OpenBLAS") ? GOOD : NOTE, cli_copy(*name ? name : "of unknown name"),
        "OpenBLAS is what it was measured with; if training is slow, choose it: update-alternatives --config "
        "libblas.so.3-$(gcc -print-multiarch)");
}

static struct finding threads(void) {
    int count = atoi(build_info("blas_threads"));
    char *value = count ? cli_format("%d", count) : cli_copy("the BLAS does not tell");
    return finding(
        count == 1 ? GOOD : NOTE, value,
        "for runs that repeat bit by bit set OPENBLAS_NUM_THREADS=1 (another BLAS has a variable of its own)");
}

static struct finding kernels(void) {
    const char *set = build_info("vector"), *wish = getenv("PCIL_VECTOR");
    if (wish && *wish && strcmp(wish, set) != 0)
        return finding(NOTE, cli_format("%s, not '%s' as PCIL_VECTOR asks", set, wish),
                       "PCIL_VECTOR is baseline, avx2 or avx512, and no more than the processor has");
    if (wish && *wish)
        return finding(NOTE, cli_format("%s, as PCIL_VECTOR asks", set), "unset PCIL_VECTOR for the processor's best");
    return finding(strcmp(set, "baseline") != 0 ? GOOD : NOTE, cli_copy(set),
                   "no AVX2 was found: everything works, but element-wise work is slower");
}

/* The first "model name" of /proc/cpuinfo, which not every processor has. */
static char *processor_name(void) {
    char *text;
    cli_read_if_there("/proc/cpuinfo", CLI_TABLE_MOST, &text);
    char *line = text ? strstr(text, "model name") : NULL;
    char *colon = line ? strchr(line, ':') : NULL;
    char *name = colon ? cli_format("%.*s", (int)strcspn(colon + 1, "\n"), colon + 1) : cli_copy(" unknown model");
    free(text);
    return name;
}

static struct finding processor(void) {
    char *name = processor_name();
    char *value = cli_format("%ld x%s", sysconf(_SC_NPROCESSORS_ONLN), name);
    free(name);
    return finding(GOOD, value, "");
}

/* --- libraries and programs beside it --- */

static struct finding library(const char *name, const char *advice) {
    bool built = has_word(build_info("libraries"), name);
    return finding(built ? GOOD : NOTE, cli_copy(built ? "built in" : "left out"), advice);
}

static struct finding zlib(void) {
    return library("zlib", "SVHN and compressed IDX files cannot be read: build with -DPCIL_ZLIB=ON");
}

static struct finding jpeg(void) {
    return library("jpeg", "Tiny ImageNet and JPEG pictures cannot be read: build with -DPCIL_JPEG=ON");
}

static struct finding png(void) {
    return library("png", "PNG pictures cannot be read or written: build with -DPCIL_PNG=ON");
}

static struct finding md5(void) {
    return library("md5", "archives are not compared with official checksums: build with -DPCIL_MD5=ON");
}

static struct finding gnuplot(void) {
    char *program = cli_find_gnuplot();
    if (program) return finding(GOOD, program, "");
    return finding(NOTE, cli_copy("not found in PATH"),
                   "learning curves and charts are not drawn; on Debian: apt install gnuplot-nox");
}

struct check {
    const char *topic;
    struct finding (*look)(void);
};

static const struct check checks[] = {{"version", versions}, {"compiler", compiler},   {"blas", blas},
                                      {"threads", threads},  {"processor", processor}, {"vector", kernels},
                                      {"zlib", zlib},        {"jpeg", jpeg},           {"png", png},
                                      {"md5", md5},          {"gnuplot", gnuplot}};

/* --- data sets --- */

/* A file by which an official folder is known at a glance; whether it is whole is for `pcil data verify` to say. */
struct mark {
    const char *kind, *official, *files[3];
};

static const struct mark marks[] = {
    {"cifar10", "cifar-10-batches-bin", {"test_batch.bin"}},
    {"cifar100", "cifar-100-binary", {"test.bin"}},
    {"svhn", "", {"test_32x32.mat"}},
    {"tiny-imagenet", "tiny-imagenet-200", {"wnids.txt"}},
    {"idx", "", {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"}},
};

/* Where the marked file lies: the folder itself or the official one in it; to be freed, or NULL. */
static char *find_set(const struct mark *mark, const char *folder) {
    char *inner = cli_join(folder, mark->official), *found = NULL;
    const char *const places[] = {folder, inner};
    for (int place = 0; place < 2 && !found; place++) {
        for (int i = 0; mark->files[i] && !found; i++) {
            char *path = cli_join(places[place], mark->files[i]);
            if (access(path, R_OK) == 0) found = cli_copy(places[place]);
            free(path);
        }
    }
    free(inner);
    return found;
}

static struct finding look_for_set(const char *kind, const char *folder) {
    const struct mark *mark = NULL;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strcmp(marks[i].kind, kind) == 0) mark = &marks[i];
    if (!mark) return finding(GOOD, cli_copy("drawn by the library"), "");
    if (!folder) return finding(NOTE, cli_copy("not looked for"), "");
    char *found = find_set(mark, folder);
    if (!found)
        return finding(NOTE, cli_format("not in %s", folder), "the page datasets/README.md says how to fetch it");
    if (!has_word(build_info("readers"), kind))
        return finding(PROBLEM, found, "it is there, but this build cannot read it: see zlib and jpeg above");
    return finding(GOOD, found, "");
}

static struct finding look_for_folder(const char *folder) {
    if (!folder)
        return finding(NOTE, cli_copy("none given"), "give --data DIR or set PCIL_DATA to the folder of data sets");
    bool there = access(folder, R_OK | X_OK) == 0;
    return finding(there ? GOOD : PROBLEM, cli_copy(folder),
                   "it does not exist or cannot be read: correct --data or PCIL_DATA");
}

/* --- the report --- */

struct report {
    json_t *json; /* NULL: a report for people */
    bool problem;
};

static void add(struct report *report, const char *topic, struct finding finding) {
    static const char *const states[] = {"good    ", "note    ", "PROBLEM "}, *const words[] = {"good", "note",
                                                                                                "problem"};
    report->problem = report->problem || finding.state == PROBLEM;
    if (report->json) {
        json_t *object = cli_json_object();
        cli_json_set(object, "state", json_string(words[finding.state]));
        cli_json_set(object, "value", cli_json_name(finding.value));
        cli_json_set(object, "advice", json_string(finding.advice));
        cli_json_set(report->json, topic, object);
    } else {
        char *value = cli_plain_copy(finding.value);
        cli_put_row(stdout, 22, states[finding.state], topic, value ? value : "");
        free(value);
        if (*finding.advice) cli_put_row(stdout, 22, "", "", finding.advice);
    }
    free(finding.value);
}

static void examine(struct report *report, const char *folder) {
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) add(report, checks[i].topic, checks[i].look());
    add(report, "data", look_for_folder(folder));
    for (int32_t i = 0; i < pcil_kind_count("dataset"); i++) {
        const char *kind = pcil_kind_name("dataset", i);
        add(report, kind, look_for_set(kind, folder));
    }
}

static int run(const struct cli_arguments *arguments) {
    const char *folder = cli_get(arguments, "data") ? cli_get(arguments, "data") : getenv("PCIL_DATA");
    bool json = cli_has(arguments, "json");
    int code = cli_check_rest(arguments, "an argument", 0, 0);
    if (code != CLI_DONE) return code;
    struct report report = {.json = json ? cli_json_object() : NULL};
    examine(&report, folder && *folder ? folder : NULL);
    if (json) {
        json_t *object = cli_json_object();
        cli_json_set(object, "ok", json_boolean(!report.problem));
        cli_json_set(object, "checks", report.json);
        code = cli_print_json(object);
    }
    return code == CLI_DONE && report.problem ? CLI_FAILED : code;
}

static const struct cli_option options[] = {{"data", "DIR", "the folder of data sets to look into (PCIL_DATA)", 0, 0},
                                            {"json", NULL, "print as JSON", 0, 0},
                                            {0}};

const struct cli_command cli_doctor = {.name = "doctor",
                                       .help = "tells what this installation runs on, and what to do about it",
                                       .usage = "[--data DIR] [--json]",
                                       .options = options,
                                       .run = run};
