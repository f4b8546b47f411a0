// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalRange;

/**
 * What a planner must know of a backup. Immutable.
 *
 * @param postgresMajor 13 and so on
 * @param ended when its last byte was there
 * @param startLsn where replay begins
 * @param stopLsn up to where replay must go before the data is consistent
 * @param nextXid 64 bits: a transaction id that no transaction had yet when the backup had ended
 * @param dataSizeBytes of all files, those in tablespaces included
 * @param damagedPages how many pages of the cluster itself were damaged when it was taken
 * @param host where the program ran that took it
 * @param description the digest of what the backup says of itself: only with the same one are two of one id copies
 * @param copies in the order in which they are asked
 */
public record BackupCandidate(
        String id,
        int postgresMajor,
        Timeline timeline,
        Lsn startLsn,
        Lsn stopLsn,
        Instant ended,
        OptionalLong nextXid,
        long files,
        long dataSizeBytes,
        long storedSizeBytes,
        List<TablespacePlace> tablespaces,
        long damagedPages,
        String host,
        Sha256 description,
        List<Copy> copies) {
    /** In the order in which they are on a path: a later timeline is further on, then a later position. */
    public static final Comparator<BackupCandidate> ALONG_THE_WAY = Comparator.comparing(BackupCandidate::timeline)
            .thenComparing(BackupCandidate::stopLsn)
            .thenComparing(BackupCandidate::ended)
            .thenComparing(BackupCandidate::id);

    public BackupCandidate {
        tablespaces = List.copyOf(tablespaces);
        copies = List.copyOf(copies);
    }

    /**
     * A repository that holds it.
     *
     * @param damage what verify found in this copy, and not found repaired since
     * @param lacking what a listing of its objects did not show
     */
    public record Copy(String repository, Optional<Mark.Verified> damage, Optional<BackupObjects.Lacking> lacking) {
        /** One whose objects are all there, or were not listed. */
        public Copy(String repository, Optional<Mark.Verified> damage) {
            this(repository, damage, Optional.empty());
        }

        /** Why a restore from this copy alone fails, for people; empty if nothing is known against it. */
        Optional<String> flaw() {
            return flaw("'" + repository + "'");
        }

        /** The same with other words for the copy. */
        Optional<String> flaw(String name) {
            return lacking.map(each -> name + " " + each.problem())
                    .or(() -> damage.map(each -> "verify found " + Amounts.count(each.problems(), "problem", "problems")
                            + " in " + name + " at " + UtcTime.seconds(each.at())));
        }
    }

    /**
     * What a backup says of itself in a repository.
     *
     * @param damage what verify found in this copy
     */
    public static BackupCandidate of(
            CatalogEntry.Published published, String repository, Optional<Mark.Verified> damage) {
        BaseBackup backup = published.backup();
        return new BackupCandidate(
                backup.id().value(),
                backup.origin().postgresMajor(),
                backup.wal().timeline(),
                backup.wal().start(),
                backup.wal().stop(),
                backup.run().ended(),
                backup.nextXid().map(OptionalLong::of).orElseGet(OptionalLong::empty),
                backup.contents().files(),
                backup.contents().dataSizeBytes(),
                backup.readSizeBytes(),
                backup.contents().tablespaces().stream()
                        .map(each -> new TablespacePlace(each.oid(), each.name(), each.location(), each.sizeBytes()))
                        .toList(),
                backup.contents().damagedPagesCount(),
                backup.run().host(),
                published.digest(),
                List.of(new Copy(repository, damage, published.lacking())));
    }

    /** The names of those that hold it, in the order in which they are asked. */
    public List<String> repositories() {
        return copies.stream().map(Copy::repository).toList();
    }

    /** Whether verify found damage in every copy, or objects of it are missing: the restore cannot be counted on. */
    public boolean isDamaged() {
        return copies.stream().allMatch(copy -> copy.flaw().isPresent());
    }

    /** Its id, and where it is, for people: under one id there may be another one. */
    String named() {
        return id + " in '" + String.join("', '", repositories()) + "'";
    }

    /** The same backup with other copies. */
    BackupCandidate heldBy(List<Copy> holders) {
        return new BackupCandidate(
                id,
                postgresMajor,
                timeline,
                startLsn,
                stopLsn,
                ended,
                nextXid,
                files,
                dataSizeBytes,
                storedSizeBytes,
                tablespaces,
                damagedPages,
                host,
                description,
                holders);
    }

    /** The WAL without which the backup is not consistent. */
    public WalRange wal() {
        return new WalRange(timeline, startLsn, stopLsn);
    }

    /**
     * A tablespace as it was when the backup was taken.
     *
     * @param name empty where the backup does not say it
     * @param location absolute, as PostgreSQL had it
     */
    public record TablespacePlace(long oid, Optional<String> name, String location, long sizeBytes) {
        /** Decimal digits, as the link in {@code pg_tblspc} is called. */
        public String oidText() {
            return Long.toString(oid);
        }

        /** For messages: its name, or its OID where the name is not known. */
        public String title() {
            return name.map(known -> "'" + known + "'").orElseGet(this::oidText);
        }
    }

    /** Whether its data can be brought further along a path. */
    boolean isOn(TimelinePath path) {
        return path.history().passes(timeline, stopLsn);
    }
}
