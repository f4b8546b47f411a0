// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.UserFacingException;

/**
 * What {@code check} looks at. Programs know a finding by the name of its subject, so a name never changes.
 * docs/watch/check.md explains each.
 */
public enum Subject {
    CONFIGURATION(Severity.CRITICAL),
    SERVER(Severity.CRITICAL),
    REPLICATION(Severity.CRITICAL),
    DATA_DIRECTORY(Severity.CRITICAL),
    ARCHIVING(Severity.CRITICAL),
    RECEIVER(Severity.CRITICAL),
    ARCHIVE_TIMEOUT(Severity.WARNING),
    RESTORE_COMMAND(Severity.WARNING),
    TIMELINE(Severity.CRITICAL),
    SETTINGS(Severity.WARNING),
    WAL_LEVEL(Severity.CRITICAL),
    FSYNC(Severity.WARNING),
    FULL_PAGE_WRITES(Severity.WARNING),
    CHECKSUMS(Severity.OK),
    TABLESPACES(Severity.CRITICAL),
    SSH_HOST(Severity.WARNING),
    SUMMARIZE_WAL(Severity.WARNING),
    ROLE(Severity.WARNING),
    SLOTS(Severity.WARNING),
    REPLICATION_LAG(Severity.WARNING),
    SYNCHRONOUS(Severity.CRITICAL),
    CLOCK(Severity.WARNING),
    SWITCH_WAL(Severity.CRITICAL),
    STORE(Severity.CRITICAL),
    OTHER_SERVERS(Severity.WARNING),
    UNFINISHED(Severity.WARNING),
    VERIFICATION(Severity.WARNING),
    ENCRYPTION(Severity.CRITICAL),
    ARCHIVER(Severity.CRITICAL),
    ARCHIVING_AHEAD(Severity.WARNING),
    SERVICE(Severity.WARNING),
    PG_WAL(Severity.CRITICAL),
    GIVEN_UP(Severity.CRITICAL),
    FREE_SPACE(Severity.CRITICAL),
    REPOSITORY(Severity.CRITICAL),
    IDENTITY(Severity.CRITICAL),
    BACKUP(Severity.CRITICAL),
    PAGES(Severity.CRITICAL),
    BACKUP_SIZE(Severity.WARNING),
    BACKUP_CONFIGURATION(Severity.WARNING),
    WAL(Severity.CRITICAL),
    CONFLICT(Severity.CRITICAL),
    HOLES(Severity.CRITICAL),
    RECOVERY(Severity.CRITICAL),
    RESTORE_TIME(Severity.WARNING),
    DRILL(Severity.CRITICAL),
    HISTORY(Severity.CRITICAL),
    DAMAGE(Severity.CRITICAL),
    TEMPORARY_FILES(Severity.WARNING),
    BACKUPS(Severity.WARNING),
    RETENTION(Severity.WARNING),
    AWAITED(Severity.WARNING),
    SCHEDULE(Severity.WARNING),
    BACKLOG(Severity.CRITICAL),
    SPOOL(Severity.CRITICAL),
    LOG(Severity.WARNING),
    NOTIFY(Severity.WARNING);

    /** What keeps a cluster from being restored, or WAL from being archived: first among findings as bad. */
    private static final List<Subject> FIRST = List.of(
            CONFIGURATION,
            RECOVERY,
            TIMELINE,
            SERVER,
            ARCHIVING,
            ARCHIVER,
            RECEIVER,
            PG_WAL,
            GIVEN_UP,
            HOLES,
            WAL,
            CONFLICT,
            BACKUP,
            DAMAGE);

    private final Severity worst;

    Subject(Severity worst) {
        this.worst = worst;
    }

    /** In findings: {@code data-directory}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The worst first; of those that are as bad, what keeps a cluster from being restored first. */
    public static Comparator<Finding> worstFirst() {
        List<String> first = FIRST.stream().map(Subject::text).toList();
        return Comparator.comparing(Finding::severity)
                .reversed()
                .thenComparingInt(
                        each -> first.contains(each.subject()) ? first.indexOf(each.subject()) : first.size());
    }

    /** The texts of those whose findings keep a check from seeing others: something did not answer. */
    static Set<String> blinding() {
        return Set.of(SERVER.text(), REPOSITORY.text(), IDENTITY.text(), SSH_HOST.text(), SPOOL.text());
    }

    /** The severity of its worst finding. */
    public Severity worst() {
        return worst;
    }

    Finding ok(String message) {
        return Finding.ok(text(), message);
    }

    Finding warning(String message, String hint) {
        return Finding.warning(text(), message, hint);
    }

    Finding critical(String message, String hint) {
        if (worst != Severity.CRITICAL) {
            throw new IllegalArgumentException(this + " has no critical finding: " + message);
        }
        return Finding.critical(text(), message, hint);
    }

    Finding critical(UserFacingException problem) {
        return critical(problem.getMessage(), problem.hint());
    }

    /** The finding for a check that could not be made. */
    Finding unanswered(UserFacingException problem) {
        String message = "this could not be checked: " + problem.getMessage();
        return worst == Severity.CRITICAL ? critical(message, problem.hint()) : warning(message, problem.hint());
    }
}
