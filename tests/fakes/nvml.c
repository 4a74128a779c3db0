/* Stands in for NVIDIA's driver library, so that the real Python binding can be tested without a driver.

   Built by fakes/nvml.py. What it says is in the file that $FAKE_NVML names, one `KEY VALUE` a line, and looked for at
   every call: a test can heat or lose a card while the program runs. A query without a line is one that the card does
   not support; the value !15 makes a query fail with NVML's error 15. `hang 1` makes every call wait until the line is
   gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OK = 0, UNINITIALIZED = 1, BAD_ARGUMENT = 2, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, GPU_IS_LOST = 15, MOST_CARDS = 16, LONGEST = 256 };

typedef struct { unsigned index; } card_t;
static card_t cards[MOST_CARDS];
static int started; /* how often, as the driver counts it */

/* The file, read again when it is another one: whoever writes it replaces it. */
static const char *text(void) {
  static char kept[1 << 16];
  static struct stat known;
  const char *path = getenv("FAKE_NVML");
  struct stat now;
  FILE *file;
  if (!path || stat(path, &now)) return "";
  if (now.st_ino == known.st_ino && now.st_mtim.tv_nsec == known.st_mtim.tv_nsec && now.st_size == known.st_size)
    return kept;
  file = fopen(path, "r");
  kept[file ? fread(kept, 1, sizeof kept - 1, file) : 0] = 0;
  if (file) fclose(file);
  known = now;
  return kept;
}

static int line_of(const char *key, char value[LONGEST]) {
  size_t length = strlen(key), end;
  for (const char *line = text(); *line; line += end + (line[end] != 0)) {
    end = strcspn(line, "\n");
    if (strncmp(line, key, length) || line[length] != ' ') continue;
    snprintf(value, LONGEST, "%.*s", (int)(end - length - 1), line + length + 1);
    return 1;
  }
  return 0;
}

static int ask(const char *key, char value[LONGEST]) {
  while (line_of("hang", value)) usleep(1000);
  if (!line_of(key, value)) return NOT_SUPPORTED;
  return value[0] == '!' ? atoi(value + 1) : OK;
}

static int ask_card(const card_t *card, const char *what, char value[LONGEST]) {
  char key[LONGEST];
  snprintf(key, sizeof key, "%u.lost", card->index);
  if (line_of(key, value)) return GPU_IS_LOST;
  snprintf(key, sizeof key, "%u.%s", card->index, what);
  return ask(key, value);
}

static int ask_number(const card_t *card, const char *what, unsigned *out) {
  char value[LONGEST];
  int code = ask_card(card, what, value);
  if (code == OK) *out = (unsigned)strtoul(value, NULL, 10);
  return code;
}

int nvmlInitWithFlags(unsigned flags) {
  char value[LONGEST];
  int code = ask("init", value);
  (void)flags;
  if (code != OK && code != NOT_SUPPORTED) return code;
  started++;
  return OK;
}

int nvmlShutdown(void) {
  if (!started) return UNINITIALIZED;
  started--;
  return OK;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
  char value[LONGEST];
  int code = started ? ask("count", value) : UNINITIALIZED;
  if (code == OK) *count = (unsigned)atoi(value);
  return code;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, card_t **out) {
  char value[LONGEST];
  int code;
  if (index >= MOST_CARDS) return BAD_ARGUMENT;
  cards[index].index = index;
  *out = &cards[index];
  code = ask_card(*out, "handle", value);
  return code == NOT_SUPPORTED ? OK : code;
}

int nvmlDeviceGetName(card_t *card, char *out, unsigned size) {
  char value[LONGEST];
  int code = ask_card(card, "name", value);
  if (code == OK) snprintf(out, size, "%s", value);
  return code;
}

typedef struct { unsigned gpu, memory; } load_t;
int nvmlDeviceGetUtilizationRates(card_t *card, load_t *out) {
  out->memory = 0;
  return ask_number(card, "load", &out->gpu);
}

typedef struct { unsigned long long total, free, used; } memory_t;
int nvmlDeviceGetMemoryInfo(card_t *card, memory_t *out) {
  char value[LONGEST];
  int code = ask_card(card, "memory", value); /* used/total, in bytes */
  if (code == OK) sscanf(value, "%llu/%llu", &out->used, &out->total);
  if (code == OK) out->free = out->total - out->used;
  return code;
}

typedef struct { unsigned version, sensor; int celsius; } temperature_t;
int nvmlDeviceGetTemperatureV(card_t *card, temperature_t *out) {
  return ask_number(card, "temperature", (unsigned *)&out->celsius);
}

int nvmlDeviceGetTemperature(card_t *card, int sensor, unsigned *out) {
  (void)sensor;
  return ask_number(card, "old_temperature", out);
}

int nvmlDeviceGetTemperatureThreshold(card_t *card, int which, unsigned *out) {
  (void)which;
  return ask_number(card, "slowdown", out);
}

int nvmlDeviceGetPowerUsage(card_t *card, unsigned *out) { return ask_number(card, "power", out); }
int nvmlDeviceGetEnforcedPowerLimit(card_t *card, unsigned *out) { return ask_number(card, "power_limit", out); }

/* What is told with more words than one is asked for. */

int nvmlSystemGetDriverVersion(char *out, unsigned size) {
  char value[LONGEST];
  int code = ask("driver", value);
  if (code == OK) snprintf(out, size, "%s", value);
  return code;
}

int nvmlSystemGetCudaDriverVersion(int *out) {
  char value[LONGEST];
  int code = ask("cuda", value);
  if (code == OK) *out = atoi(value);
  return code;
}

static const char *CLOCKS[] = {"graphics_clock", "clock", "memory_clock", "video_clock"};
int nvmlDeviceGetClockInfo(card_t *card, unsigned which, unsigned *out) {
  return which < 4 ? ask_number(card, CLOCKS[which], out) : BAD_ARGUMENT;
}

int nvmlDeviceGetMaxClockInfo(card_t *card, unsigned which, unsigned *out) {
  return which == 1 ? ask_number(card, "clock_limit", out) : NOT_SUPPORTED;
}

int nvmlDeviceGetFanSpeed(card_t *card, unsigned *out) { return ask_number(card, "fan", out); }
int nvmlDeviceGetCurrPcieLinkGeneration(card_t *card, unsigned *out) { return ask_number(card, "pcie_generation", out); }
int nvmlDeviceGetCurrPcieLinkWidth(card_t *card, unsigned *out) { return ask_number(card, "pcie_width", out); }

static int ask_bits(const card_t *card, const char *what, unsigned long long *out) {
  unsigned bits = 0;
  int code = ask_number(card, what, &bits);
  if (code == OK) *out = bits;
  return code;
}

int nvmlDeviceGetCurrentClocksEventReasons(card_t *card, unsigned long long *out) {
  return ask_bits(card, "throttle", out);
}

int nvmlDeviceGetCurrentClocksThrottleReasons(card_t *card, unsigned long long *out) {
  return ask_bits(card, "old_throttle", out);
}

int nvmlDeviceGetMigMode(card_t *card, unsigned *current, unsigned *pending) {
  int code = ask_number(card, "mig", current);
  *pending = *current;
  return code;
}

int nvmlDeviceGetCudaComputeCapability(card_t *card, int *major, int *minor) {
  char value[LONGEST];
  int code = ask_card(card, "capability", value); /* major.minor */
  if (code == OK) sscanf(value, "%d.%d", major, minor);
  return code;
}

typedef struct { unsigned pid; unsigned long long memory; unsigned instance, compute_instance; } process_t;
static int ask_processes(const card_t *card, const char *what, unsigned *count, process_t *out) {
  char value[LONGEST], *rest = value, *one;
  unsigned found = 0, room = out ? *count : 0;
  int code = ask_card(card, what, value); /* pid:bytes,pid:bytes ... */
  if (code != OK) return code;
  while ((one = strsep(&rest, ","))) {
    process_t process = {0, 0, ~0u, ~0u};
    if (sscanf(one, "%u:%llu", &process.pid, &process.memory) == 1) process.memory = ~0ull; /* not told */
    if (!process.pid) continue;
    if (found < room) out[found] = process;
    found++;
  }
  *count = found;
  return found > room ? INSUFFICIENT_SIZE : OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(card_t *card, unsigned *count, process_t *out) {
  return ask_processes(card, "processes", count, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(card_t *card, unsigned *count, process_t *out) {
  return ask_processes(card, "drawing", count, out);
}
