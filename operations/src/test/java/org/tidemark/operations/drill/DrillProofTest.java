// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.drill.DrillProof.HeldChain;
import org.tidemark.operations.drill.DrillProof.Place;
import org.tidemark.operations.drill.DrillProof.Verdict;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.store.MemoryStore;

/** What is concluded from the evidence of drills. */
class DrillProofTest {
    private static final ClusterIdentity MAIN =
            new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(7), WalSegmentSize.DEFAULT, 8192, 15);
    private static final IncarnationKeys KEYS = MAIN.keys();
    private static final Instant NOW = Instant.parse("2026-11-30T18:00:00Z");
    private static final Map<String, String> IDS =
            Map.of("local", "11111111-0000-4000-8000-000000000000", "offsite", "22222222-0000-4000-8000-000000000000");
    private static final String A = "20261128T020000Z";
    private static final String B = "20261129T020000Z";

    private static DrillEvidence passed(String id, String backup, int hoursAgo) {
        return HeldEvidence.proven(KEYS, id, backup, NOW.minus(Duration.ofHours(hoursAgo)));
    }

    private static DrillEvidence failed(String id, String fault, int hoursAgo) {
        return HeldEvidence.failed(KEYS, id, B, NOW.minus(Duration.ofHours(hoursAgo)), fault);
    }

    private static HeldChain held(String repository, DrillEvidence... evidence) {
        return held(repository, new DrillKeys(KEYS, id(repository), UUID.randomUUID()), evidence);
    }

    private static UUID id(String repository) {
        return UUID.fromString(IDS.getOrDefault(repository, ""));
    }

    private static HeldChain held(String repository, DrillKeys keys, DrillEvidence... evidence) {
        try {
            DrillChains chains = new DrillChains(new MemoryStore(Clock.systemUTC()), KEYS);
            for (DrillEvidence each : evidence) {
                chains.append(keys, each);
            }
            return HeldChain.of(repository, chains.read().getFirst(), List.of());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static DrillProof proof(HeldChain... chains) {
        List<HeldChain> compared = EvidenceComparison.compared(List.of(chains), IDS);
        return new DrillProof(
                MAIN,
                HeldDrills.of(compared.stream().map(HeldChain::chain).toList(), NOW),
                compared,
                Stream.of(A, B)
                        .map(BackupId::new)
                        .map(id -> new DrillProof.DrilledBackup(id, NOW, false, Optional.empty(), Optional.empty()))
                        .toList(),
                new DrilledTime(Duration.ZERO, Duration.ZERO, List.of()),
                Optional.empty(),
                List.of());
    }

    private static String why(DrillProof proof) {
        return proof.verdict() instanceof Verdict.NotProven not ? not.why() : "proven";
    }

    @Test
    void aClockThatWasAheadHidesNoFailure() {
        assertThat(why(proof(held("local", passed("1", A, -9000), failed("2", "wal", 20)))))
                .as("the chain tells the order")
                .contains("failed: moment");
        assertThat(why(proof(held("local", passed("1", A, -9000)), held("local", failed("2", "wal", 20)))))
                .as("another host's drill was later")
                .contains("failed: moment");
        assertThat(why(proof(
                        held("local", failed("1", "wal", 30), passed("2", A, -9000)),
                        held("offsite", passed("3", B, 50)))))
                .as("what was before is no older for it")
                .contains("failed: moment");
        assertThat(why(proof(
                        held("local", failed("1", "wal", 20), failed("2", "host", 90_000)),
                        held("offsite", passed("3", B, 50)))))
                .as("a clock that was late")
                .contains("failed: moment");
        assertThat(why(proof(held("local", failed("1", "wal", -9000), passed("2", A, 20)))))
                .isEqualTo("proven");
    }

    @Test
    void oneRepositoryIsProvenByADrillThatReadNoOther() {
        HeldDrills drills = new HeldDrills(
                List.of(HeldEvidence.from(passed("1", A, 5), "x", "y"), HeldEvidence.from(passed("2", B, 50), "x")));

        assertThat(drills.readingOnly(Set.of("x")).newestFirst())
                .extracting(DrillEvidence::id)
                .containsExactly("2");
        assertThat(drills.readingOnly(Set.of("x", "y")).newestFirst()).hasSize(2);
        assertThat(new HeldDrills(List.of(HeldEvidence.from(failed("3", "backup", 1), "x", "y")))
                        .readingOnly(Set.of("x"))
                        .failureOfData())
                .as("it may be to blame")
                .isPresent();
        assertThat(new HeldDrills(List.of(HeldEvidence.from(failed("3", "question", 1), "x", "y")))
                        .readingOnly(Set.of("x"))
                        .newestFirst())
                .as("it says nothing of where the files came from")
                .isEmpty();
        assertThat(drills.readingOnly(Set.of("y")).newestFirst()).isEmpty();
    }

    @Test
    void aDrillThatCouldReadFromMoreSaysSoWhereOneRepositoryIsAskedFor() {
        HeldChain chain = held("local", HeldEvidence.from(failed("1", "wal", 1), "x", "y"));

        assertThat(why(alone("x", chain))).startsWith("the drill on db1 failed, which could read from 'x' and 'y': ");
        assertThat(why(alone("x", held("local", HeldEvidence.from(failed("1", "wal", 1), "x")))))
                .startsWith("the drill on db1 failed: ");
        assertThat(why(proof(chain))).startsWith("the drill on db1 failed: ");
        assertThat(why(alone("x", held("local", HeldEvidence.from(passed("1", A, 1), "x", "y")))))
                .isEqualTo("no drill is recorded whose restore could read from 'x' alone");
    }

    private static DrillProof alone(String repository, HeldChain chain) {
        DrillProof all = proof(chain);
        return new DrillProof(
                all.identity(),
                all.drills().readingOnly(Set.of(repository)),
                all.chains(),
                all.backups(),
                all.time(),
                all.rto(),
                List.of(repository));
    }

    @Test
    void whatTheLastGoodDrillHasRestoredStays() {
        assertThat(lastGood(failed("3", "wal", 2), passed("2", B, 20), passed("1", A, 50)))
                .as("the WAL was at fault")
                .contains(new BackupId(B));
        assertThat(lastGood(failed("3", "backup", 2), passed("2", B, 20), passed("1", A, 50)))
                .as("the backup was at fault")
                .contains(new BackupId(A));
        assertThat(lastGood(failed("3", "backup", 2), passed("2", B, 20))).isEmpty();
        assertThat(new HeldDrills(List.of(failed("3", "wal", 2), passed("2", B, 20), passed("1", A, 50)))
                        .lastGood(new BackupId(A)::equals))
                .as("the newer one is gone")
                .contains(new BackupId(A));
    }

    private static Optional<BackupId> lastGood(DrillEvidence... newestFirst) {
        return new HeldDrills(List.of(newestFirst)).lastGood(_ -> true);
    }

    @Test
    void theNewestMomentIsProvenByItsDrillWhereverItIsStored() {
        DrillEvidence newest = passed("2", B, 5);
        DrillProof proof = proof(held("local", passed("1", A, 50), newest), held("offsite", newest));

        assertThat(proof.places(newest))
                .extracting(Place::repository, Place::number)
                .containsExactly(tuple("local", 2), tuple("offsite", 1));

        assertThat(proof.verdict()).isEqualTo(new Verdict.Proven(newest.alone()));
        assertThat(proof.drills().newestFirst()).as("each drill once").hasSize(2);
        assertThat(proof.isWhole()).isTrue();
    }

    @Test
    void aFailureByTheWalOrTheBackupCountsUntilADrillPasses() {
        assertThat(why(proof(held("local", passed("1", A, 50), failed("2", "wal", 20), failed("3", "host", 5)))))
                .contains("on db1 failed: moment: it is so");
        assertThat(why(proof(held("local", failed("1", "backup", 50), passed("2", A, 20)))))
                .isEqualTo("proven");
        assertThat(why(proof(held("local", passed("1", A, 50), failed("2", "host", 20), failed("3", "question", 5)))))
                .isEqualTo("proven");
        assertThat(why(proof(held("local", failed("1", "time-limit", 5))))).contains("failed: moment");
        assertThat(why(proof())).isEqualTo("no drill is recorded");
    }

    @Test
    void theSameDrillMayNotSayTwoThings() {
        DrillEvidence told = passed("1", A, 5);
        DrillEvidence better = HeldEvidence.proven(KEYS, "1", A, told.ended().plusSeconds(1));

        DrillProof proof = proof(held("local", told), held("offsite", better));

        assertThat(proof.isWhole()).isFalse();
        assertThat(why(proof)).contains("the evidence in 'offsite' is not whole", "says something else");
        assertThat(proof(held("local", passed("0", A, 9), told), held("offsite", told))
                        .isWhole())
                .as("at another place in its chain")
                .isTrue();
    }

    @Test
    void theLastDrillOfABackupCounts() {
        List<DrillEvidence> all = new ArrayList<>(List.of(passed("1", B, 50), failed("2", "backup", 20)));
        HeldDrills drills =
                proof(held("local", all.toArray(DrillEvidence[]::new))).drills();

        assertThat(drills.lastOf(new BackupId(B)).orElseThrow().id()).isEqualTo("2");
        assertThat(drills.lastOf(new BackupId(A))).isEmpty();
        assertThat(drills.failureOfData().orElseThrow().id()).isEqualTo("2");
    }

    @Test
    void aBackupThatHasFailedSinceOrIsGoneProvesNothing() {
        HeldChain again = held("local", passed("1", B, 50), failed("2", "backup", 20), passed("3", A, 5));

        assertThat(proof(again).verdict())
                .isEqualTo(
                        new Verdict.Proven(proof(again).drills().newestFirst().getFirst()));
        assertThat(proof(held("local", passed("1", "20260101T020000Z", 50))).verdict())
                .as("a backup that is not there")
                .isInstanceOf(Verdict.NotProven.class);
        assertThat(why(proof(held("local", passed("1", A, 50), failed("2", "host", 20)))))
                .as("a failure of the host says nothing of the backup")
                .isEqualTo("proven");
    }

    @Test
    void aFailureIsSettledByTheNextDrillThatSaysSomethingOfIt() {
        DrillEvidence ofBackup = failed("1", "backup", 50);
        DrillEvidence other = passed("2", A, 40);
        DrillEvidence again = passed("3", B, 30);
        DrillProof proof = proof(held("local", ofBackup, other, again, passed("4", B, 20)));

        assertThat(proof.passedSince(ofBackup))
                .as("with the same backup")
                .map(DrillEvidence::id)
                .contains("3");

        DrillEvidence ofQuestion = HeldEvidence.asking(failed("5", "host", 9), "rows", "38");
        DrillProof notYet = proof(held("local", ofQuestion, passed("6", A, 8)));
        assertThat(notYet.passedSince(ofQuestion)).isEmpty();
    }

    @Test
    void aQuestionIsTheSameSinceItOrItsExpectationWasChanged() {
        DrillEvidence first = HeldEvidence.asking(passed("1", A, 50), "rows", "38");
        DrillEvidence second = HeldEvidence.asking(passed("2", A, 40), "rows", ">= 0");
        DrillEvidence third = HeldEvidence.asking(passed("3", A, 30), "rows", ">= 0");
        DrillEvidence other = passed("4", A, 20);

        DrillProof proof = proof(held("local", first, second, third, other));

        assertThat(proof.questions()).hasSize(1);
        assertThat(proof.questions().getFirst().drill().id()).isEqualTo("3");
        assertThat(proof.questions().getFirst().since()).contains(second.ended());
    }

    @Test
    void aBrokenBackupStaysInTheListAndProvesNothing() {
        HeldChain chain = held("local", passed("1", A, 50), failed("2", "question", 5));
        HeldDrills drills = HeldDrills.of(List.of(chain.chain()), NOW);
        DrillProof proof = new DrillProof(
                MAIN,
                drills,
                List.of(chain),
                List.of(new DrillProof.DrilledBackup(
                        new BackupId(A), NOW, true, drills.lastOf(new BackupId(A)), drills.lastWith(new BackupId(A)))),
                new DrilledTime(Duration.ZERO, Duration.ZERO, List.of()),
                Optional.empty(),
                List.of());

        assertThat(why(proof)).startsWith("each backup by which a drill passed is gone or broken");
        assertThat(drills.lastOf(new BackupId(B)))
                .as("a question says nothing of it")
                .isEmpty();
        assertThat(drills.lastWith(new BackupId(B)).orElseThrow().id()).isEqualTo("2");
    }

    @Test
    void aCopyKnowsMoreThanAChainThatWasCutOffOrWrittenAgain() {
        DrillKeys first = new DrillKeys(KEYS, id("local"), UUID.randomUUID());
        HeldChain whole = held("local", first, passed("1", A, 50), passed("2", B, 20));

        assertThat(proof(whole, held("offsite", first, passed("1", A, 50), passed("2", B, 20)))
                        .isWhole())
                .isTrue();
        assertThat(proof(whole, held("offsite", first, passed("1", A, 50))).isWhole())
                .as("a copy may lag")
                .isTrue();
        assertThat(why(proof(
                        held("local", first, passed("1", A, 50)),
                        held("offsite", first, passed("1", A, 50), failed("2", "backup", 20)))))
                .startsWith("the evidence in 'local' is not whole: ")
                .contains("00000002.json' is gone, and 'offsite' has a copy of it: the end was cut off");
        assertThat(why(proof(held("offsite", first, passed("1", A, 50)))))
                .as("all of the original is gone")
                .startsWith("the evidence in 'offsite' is not whole: ")
                .contains("is a copy of evidence that is gone");
        assertThat(why(proof(whole, held("offsite", first, passed("1", A, 50), failed("3", "backup", 20)))))
                .contains("is of another drill than its copy");
    }
}
