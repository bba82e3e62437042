#include "solver/output/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BEAT   30  /* seconds between two signs of life: the lock's time is set anew */
#define SILENT 900 /* without one, after which a process of which nothing else can be known counts as dead */

/* Who holds it. A process number may come again: its start, the boot and the name space make it one of a kind. */
typedef struct {
  char host[128], boot[64], space[64], date[32];
  long process;
  unsigned long long start; /* clock ticks since the boot */
  int beat;                 /* seconds between its signs of life; 0: it gives none (earlier versions) */
  double silent;            /* seconds since the last, by the file system's own clock */
} Holder;

/* Those held: a sweep's, and within it one run's. */
enum { MOST = 4 };
static struct {
  char path[PETSC_MAX_PATH_LEN];
  dev_t device;
  ino_t inode;
} held[MOST];
static volatile int count;

static void FirstLine(const char *path, char *line, int size) {
  FILE *f = fopen(path, "r");

  *line = 0;
  if (f && !fgets(line, size, f)) *line = 0;
  if (f) fclose(f);
  line[strcspn(line, "\n")] = 0;
}

/* Field 22 of /proc/<pid>/stat, counted behind the name in brackets, which may hold blanks; 0: no such process. */
static unsigned long long StartOfProcess(long process) {
  char path[64], line[1024];
  const char *at;

  snprintf(path, sizeof path, "/proc/%ld/stat", process);
  FirstLine(path, line, sizeof line);
  at = strrchr(line, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  return at ? strtoull(at, NULL, 10) : 0;
}

static Holder Me(void) {
  Holder h = {.process = (long)getpid(), .beat = BEAT};
  time_t now = time(NULL);
  struct tm utc;

  gethostname(h.host, sizeof h.host - 1);
  FirstLine("/proc/sys/kernel/random/boot_id", h.boot, sizeof h.boot);
  if (readlink("/proc/self/ns/pid", h.space, sizeof h.space - 1) < 0) h.space[0] = 0;
  strftime(h.date, sizeof h.date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  h.start = StartOfProcess(h.process);
  return h;
}

/* false: it cannot be read, or it is no lock */
static PetscBool ReadHolder(const char *path, Holder *h) {
  FILE *f = fopen(path, "r");
  int n = 0;

  *h = (Holder){.process = 0};
  if (f)
    n = fscanf(f, "host: %127s process: %ld start: %llu since: %31s boot: %63s space: %63s beat: %d", h->host,
               &h->process, &h->start, h->date, h->boot, h->space, &h->beat);
  if (f) fclose(f);
  return (PetscBool)(n >= 4);
}

/* errno of a failure */
static int WriteHolder(const char *path, const Holder *h) {
  FILE *f = fopen(path, "w");
  int error = 0;

  if (!f) return errno;
  fprintf(f, "host: %s\nprocess: %ld\nstart: %llu\nsince: %s\nboot: %s\nspace: %s\nbeat: %d\n", h->host, h->process,
          h->start, h->date, *h->boot ? h->boot : "-", *h->space ? h->space : "-", h->beat);
  if (fclose(f)) error = errno;
  if (error) unlink(path);
  return error;
}

/* Seconds between the times of two files: both are the file system's, so that no other clock matters. */
static double Between(const char *early, const char *late) {
  struct stat a, b;

  if (stat(early, &a) || stat(late, &b)) return 0;
  return (double)(b.st_mtim.tv_sec - a.st_mtim.tv_sec);
}

static PetscBool Silent(const Holder *h) {
  return (PetscBool)(h->beat > 0 && h->silent > PetscMax(SILENT, 10 * h->beat));
}

/* Dead: of this host, and the machine was started anew since (or is another of the same name, as containers have it:
   then it gives signs of life), or no such process is there any more. Of another host, or
   where the process numbers are of another name space (a container's): it has not given a sign of life for long. */
static PetscBool Dead(const Holder *h, const Holder *me) {
  if (strcmp(h->host, me->host)) return Silent(h);
  if (*me->boot && strcmp(h->boot, "-") && strcmp(h->boot, me->boot))
    return (PetscBool)(!h->beat || h->silent > 3 * h->beat);
  if (*me->space && strcmp(h->space, me->space)) return Silent(h);
  if (kill((pid_t)h->process, 0) && errno == ESRCH) return PETSC_TRUE;
  return (PetscBool)(h->start && StartOfProcess(h->process) != h->start);
}

/* One of two programs wins, whatever the file system. errno of a failure, EEXIST if there is one already. */
static int Link(const char *mine, const char *lock) {
  struct stat s;
  int file, error;

  if (!link(mine, lock)) return 0;
  error = errno;
  if (!stat(mine, &s) && s.st_nlink == 2) return 0; /* an answer was lost on the way */
  if (error != EPERM && error != ENOTSUP && error != ENOSYS && error != EMLINK) return error;
  if ((file = open(lock, O_WRONLY | O_CREAT | O_EXCL, 0666)) < 0) return errno;
  close(file);
  return rename(mine, lock) ? errno : 0;
}

static PetscBool Same(const Holder *a, const Holder *b) {
  return (PetscBool)(a->process == b->process && a->start == b->start && !strcmp(a->host, b->host));
}

/* Move a dead one's lock away; where it was another's by then, who was quicker, put it back. */
static void Clear(const char *lock, const char *aside, const Holder *dead) {
  Holder moved;

  if (rename(lock, aside)) return;
  if (!ReadHolder(aside, &moved) || !Same(&moved, dead)) (void)!link(aside, lock);
  unlink(aside);
}

static int Ours(int k) {
  struct stat s;

  return !stat(held[k].path, &s) && s.st_dev == held[k].device && s.st_ino == held[k].inode;
}

/* Until the program ends; signals are for the other threads. */
static void *GiveSigns(void *nothing) {
  (void)nothing;
  for (;;) {
    sleep(BEAT);
    for (int k = 0; k < count; k++)
      if (Ours(k)) (void)utimensat(AT_FDCWD, held[k].path, NULL, 0);
  }
  return NULL;
}

/* Without the thread the lock is as those of earlier versions: it stands until it is removed. */
static int StartSigns(void) {
  static PetscBool started;
  pthread_t thread;
  sigset_t all, before;

  if (started) return 0;
  started = PETSC_TRUE;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&thread, NULL, GiveSigns, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error ? error : pthread_detach(thread);
}

/* Rank 0. errno of a failure, EEXIST where somebody else holds it; *dead: whose lock was taken over. */
static int TakeLock(const char *folder, Holder *other, Holder *dead) {
  Holder me = Me();
  char lock[PETSC_MAX_PATH_LEN], mine[PETSC_MAX_PATH_LEN], aside[PETSC_MAX_PATH_LEN];
  struct stat s;
  int error;

  if (count == MOST) return ENOLCK;
  if (snprintf(lock, sizeof lock, "%s/" SGD_LOCK, folder) >= (int)sizeof lock) return ENAMETOOLONG;
  if (snprintf(mine, sizeof mine, "%s/." SGD_LOCK ".%.40s.%ld", folder, me.host, me.process) >= (int)sizeof mine ||
      snprintf(aside, sizeof aside, "%s.old", mine) >= (int)sizeof aside)
    return ENAMETOOLONG;
  if (StartSigns()) me.beat = 0;
  if ((error = WriteHolder(mine, &me))) return error;
  error = Link(mine, lock);
  for (int tries = 0; error == EEXIST && tries < 3 && ReadHolder(lock, other); tries++) {
    other->silent = Between(lock, mine);
    if (!Dead(other, &me)) break;
    Clear(lock, aside, other);
    if (!(error = Link(mine, lock))) *dead = *other;
  }
  unlink(mine);
  if (error) return error;
  if (stat(lock, &s)) return errno;
  held[count].device = s.st_dev;
  held[count].inode = s.st_ino;
  snprintf(held[count].path, sizeof held[count].path, "%s", lock);
  count++;
  return 0;
}

PetscErrorCode SgdLockTake(MPI_Comm comm, const char *folder) {
  Holder other = {.process = 0}, dead = {.process = 0};
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) error = TakeLock(folder, &other, &dead);
  PetscCallMPI(MPI_Bcast(&error, 1, MPI_INT, 0, comm));
  if (error == EEXIST && !other.process)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "%s/" SGD_LOCK " is there and is no lock that can be read, so nobody knows whether another program "
                   "works there: remove it if none does",
                   folder);
  if (error == EEXIST)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "%s: another program works there: host %s, process %ld, since %s, last sign of life %.0f s ago%s; "
                   "if it is gone, "
                   "remove %s/" SGD_LOCK,
                   folder, *other.host ? other.host : "unknown", other.process, *other.date ? other.date : "unknown",
                   other.silent, other.beat ? " (after 15 minutes without one its lock is taken over)" : "", folder);
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write there: %s", folder, strerror(error));
  if (dead.process)
    PetscCall(SgdSay(comm,
                     "%s: taking over the lock of process %ld of host %s, which died (it began %s, last sign of life "
                     "%.0f s ago)\n",
                     folder, dead.process, dead.host, dead.date, dead.silent));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLockCheck(MPI_Comm comm) {
  PetscMPIInt rank;
  int lost = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int k = 0; !rank && !lost && k < count; k++) lost = Ours(k) ? 0 : k + 1;
  PetscCallMPI(MPI_Bcast(&lost, 1, MPI_INT, 0, comm));
  if (!lost) PetscFunctionReturn(PETSC_SUCCESS);
  return SgdFail(comm, SGD_EXIT_FILES, "%s is gone, or another program's: nothing more is written there",
                 held[lost - 1].path);
}

void SgdLockDrop(void) {
  if (!count) return;
  count--;
  if (Ours(count)) unlink(held[count].path);
}

void SgdLockDropAll(void) {
  while (count) SgdLockDrop();
}
