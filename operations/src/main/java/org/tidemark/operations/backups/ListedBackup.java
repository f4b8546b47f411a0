// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.BackupProblem;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.UnfinishedCopy;

/**
 * A backup with all its copies, or an id without one. Immutable.
 *
 * @param backup empty if no repository has a description that can be read
 * @param copies what each repository has under the id, in the order of the repositories
 * @param against why no recovery can begin with it
 * @param drill the last one of it; empty if there was none
 * @param hasNamesake another repository holds a different backup with this id
 */
public record ListedBackup(
        BackupId id,
        SystemIdentifier system,
        Optional<BaseBackup> backup,
        BackupState state,
        List<Copy> copies,
        List<BackupProblem> against,
        Optional<DrillEvidence> drill,
        boolean hasNamesake) {
    /** By ancestry and position, not by name: the backup that leads furthest is the last. */
    public static final Comparator<ListedBackup> ORDER = ListedBackup::alongTheWay;

    private static int alongTheWay(ListedBackup a, ListedBackup b) {
        if (a.backup.isEmpty() || b.backup.isEmpty() || !a.system.equals(b.system)) {
            return a.id.compareTo(b.id);
        }
        return Comparator.comparing((BaseBackup backup) -> backup.wal().timeline())
                .thenComparing(backup -> backup.wal().stop())
                .thenComparing(backup -> backup.run().ended())
                .thenComparing(BaseBackup::id)
                .compare(a.backup.get(), b.backup.get());
    }

    public ListedBackup {
        copies = List.copyOf(copies);
        against = List.copyOf(against);
    }

    /** What one repository has under an id. */
    public sealed interface Copy {
        String repository();
    }

    /** A copy with a description, which may be damaged. */
    public sealed interface PublishedCopy extends Copy {
        /** All marks of the incarnation there. */
        BackupMarks marks();
    }

    /**
     * A copy whose description can be read.
     *
     * @param lacking which of its objects a listing did not show
     */
    public record ReadableCopy(String repository, BackupMarks marks, Optional<BackupObjects.Lacking> lacking)
            implements PublishedCopy {}

    /**
     * A copy whose description cannot be read.
     *
     * @param problem says why
     */
    public record UnreadableCopy(String repository, BackupMarks marks, String problem) implements PublishedCopy {}

    /** No backup, or none any more. */
    public record RemainingObjects(String repository, UnfinishedCopy unfinished) implements Copy {}

    /** Those that have it, in order. */
    public List<String> repositories() {
        return published(PublishedCopy::repository);
    }

    private <T> List<T> published(Function<PublishedCopy, T> of) {
        return copies.stream()
                .filter(PublishedCopy.class::isInstance)
                .map(copy -> of.apply((PublishedCopy) copy))
                .toList();
    }

    private <T> Map<String, T> byRepository(Function<BackupMarks, Optional<T>> mark) {
        Map<String, T> found = new LinkedHashMap<>();
        published(copy -> mark.apply(copy.marks()).map(value -> found.put(copy.repository(), value)));
        return found;
    }

    /** When each repository's copy was verified, and how many problems it had then. */
    public Map<String, Mark.Verified> verified() {
        return byRepository(marks -> marks.damage(id).or(() -> marks.verified(id)));
    }

    /**
     * The keep that is in force, by the repository that it holds for. A mark that cannot be read may be another one.
     */
    public Map<String, Mark.Kept> kept(Instant now) {
        return byRepository(marks -> marks.keep(id, now));
    }

    /** The operator's description: the latest in any repository. */
    public Optional<String> annotation() {
        return Mark.annotation(published(copy -> copy.marks().of(id)).stream()
                        .flatMap(List::stream)
                        .toList())
                .map(Mark.Annotated::text);
    }

    /** Whether the copy in a repository has all its objects, and verify found no damage there. */
    public boolean isSoundIn(String repository) {
        return copies.stream()
                .anyMatch(copy -> copy instanceof ReadableCopy each
                        && each.repository().equals(repository)
                        && each.lacking().isEmpty()
                        && damage(each.marks()).isEmpty());
    }

    /** Also of what it may refer to. */
    public Optional<Mark.Verified> damage(BackupMarks marks) {
        return backup.isPresent() ? marks.damage(backup.get()) : marks.damage(id);
    }
}
