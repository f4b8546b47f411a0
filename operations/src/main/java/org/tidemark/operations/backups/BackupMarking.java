// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Annotated;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Mark.Released;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.StoredBackup;

/**
 * Sets an operator's mark of a backup in every repository of the session that has the backup. A repository that fails
 * does not keep the others from it. Where a mark says the same already, nothing is stored: the command can be repeated.
 */
public final class BackupMarking {
    private final Session session;
    private final StoredBackups stored;

    private BackupMarking(Session session) {
        this.session = session;
        this.stored = StoredBackups.of(session);
    }

    /** Lists the backups in each repository of the session. */
    public static BackupMarking of(Session session) {
        return new BackupMarking(session);
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return stored.repositories();
    }

    /** Whether marks are stored. */
    public enum Mode {
        SET,
        DRY_RUN
    }

    /** What became of the mark in one repository. */
    public sealed interface Outcome {
        /** It was set; with {@link Mode#DRY_RUN}: it would be. */
        record Changed() implements Outcome {}

        /** The backup's marks said the same before. */
        record Unchanged() implements Outcome {}

        /** The backup is not (yet) complete there. */
        record Incomplete() implements Outcome {}

        /** The repository does not have the backup. */
        record Absent() implements Outcome {}

        /** The mark may have been stored anyway: a store can fail after it did what it was told. */
        record Failed(UserFacingException why) implements Outcome {}
    }

    /**
     * One repository's part of the result. Immutable.
     *
     * @param before the backup's marks before the command; none if they were not read
     */
    public record Marked(String repository, Outcome outcome, BackupMarks before) {}

    /**
     * What was done. Immutable.
     *
     * @param id the chosen backup
     * @param marked in the order of the repositories, without those that could not be read
     */
    public record Result(BackupId id, List<Marked> marked) {
        public Result {
            marked = List.copyOf(marked);
        }

        /** The status of the first repository that failed; DONE if none did. */
        public ExitCode status() {
            return marked.stream()
                    .map(Marked::outcome)
                    .filter(Outcome.Failed.class::isInstance)
                    .map(failed -> ((Outcome.Failed) failed).why().exitCode())
                    .findFirst()
                    .orElse(ExitCode.DONE);
        }
    }

    /**
     * Keeps a backup.
     *
     * @param text an id, {@code latest}, a name … as {@link BackupChoice} takes it
     * @throws UserFacingException NO_BACKUP if there is none, or it is complete nowhere
     */
    public Result keep(String text, Kept kept, Mode mode) {
        BackupId id = stored.choose(text);
        return mark(
                id,
                mode,
                known -> !isInDoubt(known)
                                && known.keep(id, kept.at())
                                        .filter(inForce -> isTheSame(inForce, kept))
                                        .isPresent()
                        ? Optional.empty()
                        : Optional.of(kept));
    }

    /**
     * Keeps a backup, unless a keep is in force that lasts as long or has the same note, or one in doubt is: the last
     * keep holds alone, and an operator's must not end earlier for it.
     */
    public Result keepAtLeast(BackupId id, Kept kept) {
        return mark(
                id,
                Mode.SET,
                known -> isInDoubt(known)
                                || known.keep(id, kept.at())
                                        .filter(inForce ->
                                                inForce.note().equals(kept.note()) || lastsAsLong(inForce, kept))
                                        .isPresent()
                        ? Optional.empty()
                        : Optional.of(kept));
    }

    private static boolean lastsAsLong(Kept one, Kept other) {
        return one.until()
                .map(until -> other.until().filter(each -> !each.isAfter(until)).isPresent())
                .orElse(true);
    }

    private static boolean isTheSame(Kept one, Kept other) {
        return one.target() == other.target()
                && one.until().equals(other.until())
                && one.note().equals(other.note());
    }

    /** Ends the keep of a backup. Otherwise as {@link #keep}. */
    public Result release(String text, Released released, Mode mode) {
        BackupId id = stored.choose(text);
        return mark(
                id,
                mode,
                known -> isInDoubt(known) || known.keep(id, released.at()).isPresent()
                        ? Optional.of(released)
                        : Optional.empty());
    }

    /** Whether a damaged mark counts as a keep, since no keep or release was set after it. */
    private static boolean isInDoubt(BackupMarks marksOfOne) {
        return marksOfOne.unreadable().stream().anyMatch(each -> !each.isSettled());
    }

    /** Sets or removes the annotation of a backup. Otherwise as {@link #keep}. */
    public Result annotate(String text, Annotated annotated, Mode mode) {
        BackupId id = stored.choose(text);
        return mark(
                id,
                mode,
                known -> known.annotation(id).map(Annotated::text).orElse("").equals(annotated.text())
                        ? Optional.empty()
                        : Optional.of(later(annotated, known.of(id))));
    }

    /** The latest annotation holds: it would not be this one if another host's clock were ahead of this one's. */
    private static Annotated later(Annotated wanted, List<Mark> known) {
        Instant at = wanted.at();
        for (Mark mark : known) {
            if (mark instanceof Annotated && !mark.at().isBefore(at)) {
                at = mark.at().plusMillis(1);
            }
        }
        return new Annotated(at, wanted.text());
    }

    private Result mark(BackupId id, Mode mode, Function<BackupMarks, Optional<? extends Mark>> wanted) {
        List<StoredBackup> copies =
                stored.all().stream().filter(each -> each.id().equals(id)).toList();
        if (copies.stream().allMatch(BackupMarking::isIncomplete)) {
            throw BackupChoice.notABackup(copies);
        }
        List<Marked> marked = new ArrayList<>();
        for (String repository : stored.repositories().read()) {
            List<StoredBackup> here = copies.stream()
                    .filter(copy -> copy.repository().equals(repository))
                    .toList();
            if (here.isEmpty()) {
                marked.add(new Marked(repository, new Outcome.Absent(), BackupMarks.NONE));
            }
            for (StoredBackup copy : here) {
                marked.add(
                        isIncomplete(copy)
                                ? new Marked(repository, new Outcome.Incomplete(), BackupMarks.NONE)
                                : mark(copy, mode, wanted));
            }
        }
        return new Result(id, marked);
    }

    private static boolean isIncomplete(StoredBackup copy) {
        return copy.entry() instanceof CatalogEntry.Unpublished;
    }

    private Marked mark(StoredBackup copy, Mode mode, Function<BackupMarks, Optional<? extends Mark>> wanted) {
        BackupCatalog catalog = session.backups(copy.archive());
        BackupMarks before = BackupMarks.NONE;
        try {
            before = catalog.marks(copy.id());
            Optional<? extends Mark> mark = wanted.apply(before);
            if (mark.isPresent() && mode == Mode.SET) {
                catalog.mark(copy.id(), mark.get());
                requireStillThere(copy, catalog);
            }
            return new Marked(
                    copy.repository(), mark.isPresent() ? new Outcome.Changed() : new Outcome.Unchanged(), before);
        } catch (IOException | UserFacingException e) {
            UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
            return new Marked(copy.repository(), new Outcome.Failed(failure), before);
        }
    }

    /** Another host may have deleted the backup after it was listed: a mark of it would say that it is kept. */
    private static void requireStillThere(StoredBackup copy, BackupCatalog catalog) throws IOException {
        if (copy.archive()
                .repository()
                .store()
                .stat(catalog.keys(copy.id()).backup())
                .isEmpty()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "backup '" + copy.id() + "' was deleted at the same time",
                    "See which backups are left with: tidemark list-backup");
        }
    }
}
