// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RepositoryGuide;
import org.tidemark.catalog.Reserve;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.verify.Verifier.Options.Subject;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Verifies the content of a store. Damaged and missing objects become findings; only a store that does not answer, and
 * an interrupt, end it with an exception. Sets a mark on each backup that was read whole and found sound. Thread-safe.
 */
public final class Verifier {
    private static final ObjectKey IDENTITY = new ObjectName.RepositoryIdentity().key();

    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final Options options;
    private final Clock clock;
    private final Listener listener;

    /**
     * A verifier.
     *
     * @param privateKeys without them, only the stored bytes of encrypted objects are compared
     * @param clock gives the time of marks
     */
    public Verifier(ObjectStore store, PrivateKeys privateKeys, Options options, Clock clock, Listener listener) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.options = options;
        this.clock = clock;
        this.listener = listener;
    }

    /**
     * Verifies every incarnation of every cluster, and the repository's own identity; needs nothing to be readable.
     * Without a budget.
     */
    public VerifyReport verifyRepository() throws IOException {
        if (options.extent() instanceof Extent.Budget) {
            throw new IllegalStateException("a budget is spent on the incarnations of one cluster");
        }
        Findings findings = new Findings();
        List<BackupId> sound = new ArrayList<>();
        try (CheckPool pool = new CheckPool(options.jobs(), findings, new RemovedMeanwhile(store), listener)) {
            verifyIdentity(pool);
            for (IncarnationKeys incarnation : incarnations(findings)) {
                sound.addAll(run(incarnation, Optional.empty(), findings, pool));
            }
        }
        return findings.report(sound);
    }

    /**
     * Verifies one incarnation.
     *
     * @param id one backup alone, its WAL, and nothing else
     * @throws UserFacingException {@link org.tidemark.core.ExitCode#NO_BACKUP} if nothing is there under {@code id}
     */
    public VerifyReport verify(ClusterName cluster, SystemIdentifier system, Optional<BackupId> id) throws IOException {
        return verify(List.of(new Part(new IncarnationKeys(cluster, system), id)))
                .getFirst();
    }

    /**
     * What is verified of one incarnation. Immutable.
     *
     * @param backup one backup alone, its WAL, and nothing else
     */
    public record Part(IncarnationKeys incarnation, Optional<BackupId> backup) {}

    /**
     * Verifies several incarnations, which share a budget.
     *
     * @return a report for each, in the same order
     * @throws UserFacingException as {@link #verify(ClusterName, SystemIdentifier, Optional)}
     */
    public List<VerifyReport> verify(List<Part> parts) throws IOException {
        if (options.extent() instanceof Extent.Budget budget) {
            return new BudgetedVerification(store, privateKeys, options, clock, listener, budget.bytes()).verify(parts);
        }
        if (options.subject() == Subject.WAL && options.extent() instanceof Extent.Unmarked) {
            return new BudgetedVerification(store, privateKeys, options, clock, listener, Long.MAX_VALUE).verify(parts);
        }
        List<VerifyReport> reports = new ArrayList<>();
        for (Part part : parts) {
            Findings findings = new Findings();
            try (CheckPool pool = new CheckPool(options.jobs(), findings, new RemovedMeanwhile(store), listener)) {
                if (part.backup().isEmpty()
                        && options.subject() == Subject.BACKUPS
                        && options.extent() instanceof Extent.Everything) {
                    verifyIdentity(pool);
                }
                reports.add(findings.report(run(part.incarnation(), part.backup(), findings, pool)));
            }
        }
        return reports;
    }

    private List<BackupId> run(IncarnationKeys incarnation, Optional<BackupId> id, Findings findings, CheckPool pool)
            throws IOException {
        return new IncarnationVerification(store, privateKeys, incarnation, options, clock, findings, pool, id).run();
    }

    private void verifyIdentity(CheckPool pool) throws IOException {
        pool.run(IDENTITY, 0, List.of(), () -> {
            ChecksummedJson.read(ChecksummedJson.fetch(store, IDENTITY, ChecksummedJson.SMALL_BYTES), IDENTITY);
            return CheckPool.Compared.WHAT_WAS_ASKED;
        });
        for (ObjectKey guide : RepositoryGuide.keys()) {
            pool.run(guide, 0, List.of(), () -> {
                RepositoryGuide.verify(store, guide);
                return CheckPool.Compared.WHAT_WAS_ASKED;
            });
        }
    }

    private Set<IncarnationKeys> incarnations(Findings findings) throws IOException {
        Set<IncarnationKeys> incarnations = new LinkedHashSet<>();
        Listing.visit(store, "", object -> {
            switch (ObjectName.parse(object.key())) {
                case ObjectName.OfIncarnation name -> incarnations.add(name.incarnation());
                case ObjectName.RepositoryIdentity identity -> {}
                case ObjectName.Guide guide -> {
                    if (!RepositoryGuide.keys().contains(object.key())) {
                        findings.unreadable(
                                object.key(),
                                List.of(),
                                "is not a text of this version of Tidemark: do not follow it, and do not run it");
                    }
                }
                case ObjectName.Scratch scratch -> {
                    if (!Reserve.KEYS.contains(scratch.key())) {
                        findings.note(
                                object.key(),
                                Optional.empty(),
                                "was left over by a check of the repository, and is harmless");
                    }
                }
                case ObjectName.Foreign foreign -> findings.foreign(object.key());
            }
        });
        return incarnations;
    }

    /** Hears how a verification goes on. Called by the thread that verifies; must not throw and not wait. */
    @FunctionalInterface
    public interface Listener {
        /** What was read so far. */
        void progress(long objects, long bytes);
    }

    /**
     * What a verification reads. That objects are there, and how long they are, is looked up whatever it says.
     * Immutable.
     *
     * @param subject whose objects are looked up and read
     * @param extent which objects are read
     * @param scope {@code ALL}: stored bytes, and the data that comes out of them; {@code STORED}: the first alone
     * @param jobs how many objects are read at the same time, 1 to {@value #MAX_JOBS}; of small documents it may be
     *     more
     * @param otherWal is believed before the WAL of a backup is called incomplete
     * @param walContent is shown each segment that is read
     */
    public record Options(
            Subject subject, Extent extent, Scope scope, int jobs, OtherWal otherWal, WalContent walContent) {
        public static final int MAX_JOBS = 64;

        /**
         * Knows whether other WAL stands in for what is not archived of a backup's own timeline: a partial segment, or
         * that of a timeline that followed.
         */
        @FunctionalInterface
        public interface OtherWal {
            OtherWal NONE = (incarnation, backup) -> false;

            /** Whether the backup can be made consistent with it; asked only if some of its WAL is missing. */
            boolean standsIn(IncarnationKeys incarnation, BaseBackup backup) throws IOException;
        }

        /** Looks at the content of whole segments on the way. Thread-safe. */
        @FunctionalInterface
        public interface WalContent {
            WalContent NONE = (incarnation, segment, content, others) -> {};

            /**
             * Reads as much of a segment as it needs.
             *
             * @param others opens other segments
             */
            void read(IncarnationKeys incarnation, Segment segment, InputStream content, Segments others)
                    throws IOException;

            /** Opens segments of the incarnation. */
            @FunctionalInterface
            interface Segments {
                /** Its content, which the caller closes; empty if it is not there. */
                InputStream open(Segment segment) throws IOException;
            }
        }

        /** The same without a look at the content of segments. */
        public Options(Subject subject, Extent extent, Scope scope, int jobs, OtherWal otherWal) {
            this(subject, extent, scope, jobs, otherWal, WalContent.NONE);
        }

        /** What is verified. */
        public enum Subject {
            /** Backups and the WAL that they need; some extents cover all WAL as well. */
            BACKUPS,
            /** All WAL and histories, and nothing else. */
            WAL
        }

        /** Of backups. */
        public Options(Extent extent, Scope scope, int jobs) {
            this(Subject.BACKUPS, extent, scope, jobs, OtherWal.NONE);
        }

        /** Which objects are read. Immutable. */
        public sealed interface Extent {
            Extent UNMARKED = new Unmarked();
            Extent EVERYTHING = new Everything();

            /** What no mark says was read before. */
            record Unmarked() implements Extent {}

            /** Every object, whatever marks say, and WAL that no backup needs. */
            record Everything() implements Extent {}

            /**
             * Backups and all WAL, until the bytes are used up; the next run continues. Objects that are known to be
             * damaged come first, then what was never read, then what was not read for the longest time.
             *
             * @param bytes 1 or more; the last object that is begun may exceed it
             */
            record Budget(long bytes) implements Extent {
                public Budget {
                    if (bytes < 1) {
                        throw new IllegalArgumentException("not a budget: " + bytes + " bytes");
                    }
                }
            }

            /**
             * Random objects. Damage is noted in the repository; that the others are sound is not.
             *
             * @param percent above 0, at most 100
             * @param seed the same one chooses the same objects
             */
            record Sample(double percent, long seed) implements Extent {
                public Sample {
                    if (!(percent > 0 && percent <= 100)) {
                        throw new IllegalArgumentException("not a percentage above 0 and up to 100: " + percent);
                    }
                }

                /** Whether the object is chosen. */
                boolean takes(ObjectKey key) {
                    return new SplittableRandom(seed + 31L * key.value().hashCode()).nextDouble() * 100 < percent;
                }
            }
        }

        public Options {
            if (jobs < 1 || jobs > MAX_JOBS) {
                throw new IllegalArgumentException(
                        "not a number of jobs: " + jobs + " (expected 1 to " + MAX_JOBS + ")");
            }
        }
    }
}
