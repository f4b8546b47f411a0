// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
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

    /** Verifies every incarnation of every cluster, and the repository's own identity; needs nothing to be readable. */
    public VerifyReport verifyRepository() throws IOException {
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
        Findings findings = new Findings();
        try (CheckPool pool = new CheckPool(options.jobs(), findings, new RemovedMeanwhile(store), listener)) {
            if (id.isEmpty() && options.extent() == Extent.EVERYTHING) {
                verifyIdentity(pool);
            }
            return findings.report(run(new IncarnationKeys(cluster, system), id, findings, pool));
        }
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
    }

    private Set<IncarnationKeys> incarnations(Findings findings) throws IOException {
        Set<IncarnationKeys> incarnations = new LinkedHashSet<>();
        Listing.visit(store, "", object -> {
            switch (ObjectName.parse(object.key())) {
                case ObjectName.OfIncarnation name -> incarnations.add(name.incarnation());
                case ObjectName.RepositoryIdentity identity -> {}
                case ObjectName.Scratch scratch ->
                    findings.note(
                            object.key(),
                            Optional.empty(),
                            "was left over by a check of the repository, and is harmless");
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
     * @param extent which objects are read
     * @param scope {@code ALL}: stored bytes, and the data that comes out of them; {@code STORED}: the first alone
     * @param jobs how many objects are read at the same time, 1 to {@value #MAX_JOBS}; of small documents it may be
     *     more
     */
    public record Options(Extent extent, Scope scope, int jobs) {
        public static final int MAX_JOBS = 64;

        /** Which objects are read. */
        public enum Extent {
            /** Those of backups, and their WAL, unless a mark says that they were read before. */
            UNMARKED,
            /** Every object, whatever marks say, and WAL that no backup needs. */
            EVERYTHING
        }

        public Options {
            if (jobs < 1 || jobs > MAX_JOBS) {
                throw new IllegalArgumentException(
                        "not a number of jobs: " + jobs + " (expected 1 to " + MAX_JOBS + ")");
            }
        }
    }
}
