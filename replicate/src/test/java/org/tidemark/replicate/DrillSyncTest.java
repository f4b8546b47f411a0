// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncProblem;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Evidence of drills has the same keys and bytes in each repository, and what an expiry removed stays away. */
class DrillSyncTest {
    private static final Instant NOW = Instant.parse("2026-11-30T18:00:00Z");

    @TempDir
    private Path directory;

    private final ObjectStore[] stores = {new MemoryStore(Clock.systemUTC()), new MemoryStore(Clock.systemUTC())};
    private TwoRepositories both;
    private IncarnationKeys incarnation;
    private DrillKeys chain;

    @BeforeEach
    void fourDrills() throws IOException {
        both = new TwoRepositories(directory, stores[0], stores[1]);
        both.readsRepairs[1] = true;
        incarnation = both.archive(0).identity().keys();
        chain = new DrillKeys(incarnation, UUID.randomUUID(), UUID.randomUUID());
        for (int n = 1; n <= 4; n++) {
            new DrillChains(stores[0], incarnation)
                    .append(chain, HeldEvidence.proven(incarnation, "drill " + n, "20261120T020000Z", NOW));
        }
    }

    private SyncReport copy(SyncMode mode, int from, int to) throws IOException {
        return new ArchiveSync(new SyncOptions(2, mode, Comparing.DIGESTS), (objects, bytes) -> {})
                .copy(both.archive(from), both.archive(to));
    }

    private byte[] bytes(int at, int number) throws IOException {
        return stores[at].open(chain.evidence(number), ByteRange.ALL).readAllBytes();
    }

    private void replace(int at, int number, byte[] document) throws IOException {
        stores[at].delete(List.of(chain.evidence(number)));
        stores[at].putIfAbsent(chain.evidence(number), ObjectSource.of(document));
    }

    private List<DrillChain> read(int at) throws IOException {
        return new DrillChains(both.archive(at).repository().store(), incarnation).read();
    }

    @Test
    void everyChainIsCopiedAndIsWholeThere() throws IOException {
        assertThat(copy(SyncMode.DRY_RUN, 0, 1).objects()).isEqualTo(4);
        assertThat(read(1)).isEmpty();

        SyncReport copied = copy(SyncMode.COPY, 0, 1);

        assertThat(copied.problems()).isEmpty();
        assertThat(copied.notCopied()).isEmpty();
        assertThat(bytes(1, 3)).isEqualTo(bytes(0, 3));
        assertThat(read(1)).isEqualTo(read(0));
        assertThat(copy(SyncMode.COPY, 0, 1).objects()).isZero();
    }

    @Test
    void whatWasLostInTheMiddleComesBackAndWhatExpiredDoesNot() throws IOException {
        copy(SyncMode.COPY, 0, 1);
        stores[1].delete(List.of(chain.evidence(1), chain.evidence(3)));

        copy(SyncMode.COPY, 0, 1);

        assertThat(stores[1].stat(chain.evidence(1))).isEmpty();
        assertThat(bytes(1, 3)).isEqualTo(bytes(0, 3));
        assertThat(read(1).getFirst().problems()).isEmpty();
    }

    @Test
    void anotherDocumentOfTheSameNumberIsAConflict() throws IOException {
        copy(SyncMode.COPY, 0, 1);
        replace(1, 2, bytes(1, 3));

        assertThat(copy(SyncMode.COPY, 0, 1).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.kind()).isEqualTo(Kind.CONFLICT))
                .extracting(SyncProblem::subject)
                .isEqualTo(chain.evidence(2).value());
    }

    @Test
    void aDamagedCopyIsRepaired() throws IOException {
        copy(SyncMode.COPY, 0, 1);
        byte[] flipped = bytes(1, 2);
        flipped[50] ^= 1;
        replace(1, 2, flipped);

        SyncReport repaired = copy(SyncMode.COPY, 0, 1);

        assertThat(repaired.problems()).isEmpty();
        assertThat(repaired.repaired()).isEqualTo(1);
        ObjectKey copy = incarnation.repaired(chain.evidence(2), 1);
        assertThat(stores[1].stat(copy)).isPresent();
    }
}
