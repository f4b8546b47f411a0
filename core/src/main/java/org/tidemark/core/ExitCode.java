// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

/**
 * Every exit status of the program. PostgreSQL interprets some of them: its archiver process ends when an
 * archive_command exits with more than 125, and a restore_command that exits with 1 to 125 means that there is no more
 * WAL (docs/adr/0003-exit-statuses.md).
 */
public enum ExitCode {
    DONE(0, "done, durable, verified"),
    NO(1, "the answer is no: proven absent, or a check found a problem"),
    USAGE(2, "wrong usage or configuration"),
    STORE_UNAVAILABLE(10, "a store did not answer, or answered that it cannot serve now"),
    STORE_DENIED(11, "a store refused: credentials or rights"),
    NO_REPOSITORY(12, "there is no repository at the address; an empty mount point looks like this"),
    OTHER_REPOSITORY(13, "another repository than before is at the address"),
    STORE_FULL(14, "a store has no room left"),
    WAL_REFUSED(20, "a WAL file is not what its name says: empty, torn, recycled or foreign"),
    WAL_CONFLICT(21, "different content is archived under this name"),
    WRONG_CLUSTER(22, "the system identifier, version or segment size is not the registered one"),
    WAL_MISSING(23, "WAL that is needed is not in the archive"),
    DAMAGED(30, "stored bytes do not match their digest"),
    DAMAGED_PAGES(31, "a backup was taken, but pages of the cluster itself are damaged"),
    UNKNOWN_FORMAT(32, "the repository is of a newer format than this program knows"),
    NO_KEY(33, "an object is encrypted, and there is no private key that opens it"),
    POSTGRES_UNAVAILABLE(40, "PostgreSQL did not accept the connection, or lost it"),
    POSTGRES_REFUSED(41, "PostgreSQL refused a command: rights or settings"),
    BACKUP_FAILED(42, "a base backup could not be completed"),
    WAL_NOT_ARCHIVED(43, "WAL that a backup needs was not archived in time"),
    NO_BACKUP(50, "no backup fits the request"),
    TARGET_UNREACHABLE(51, "the recovery target cannot be reached"),
    RESTORE_REFUSED(52, "the target directory, its space or its owner does not allow the restore"),
    LOCAL_FILES(60, "a local file or directory could not be read or written"),
    SPOOL_FULL(61, "the spool may not queue more for lagging repositories"),
    INTERNAL(70, "an error in the program itself"),
    INTERRUPTED(75, "stopped by a signal"),
    TIMED_OUT(76, "a time limit was reached"),
    JAVA_FAILED(90, "Java could not be started, died, or lacks memory"),
    COULD_NOT_TELL(200, "wal-fetch could not tell, or found damage; PostgreSQL stops its recovery");

    private final int status;
    private final String meaning;

    ExitCode(int status, String meaning) {
        this.status = status;
        this.meaning = meaning;
    }

    /** The process status, 0 to 255. */
    public int status() {
        return status;
    }

    /** One line for people. */
    public String meaning() {
        return meaning;
    }
}
