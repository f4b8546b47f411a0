// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.DrillEvidence.Judged;
import org.tidemark.catalog.backup.DrillEvidence.Previous;
import org.tidemark.catalog.backup.DrillEvidence.Restored;
import org.tidemark.catalog.backup.DrillEvidence.Source;
import org.tidemark.catalog.backup.DrillEvidence.Target;
import org.tidemark.catalog.backup.DrillEvidence.Took;
import org.tidemark.catalog.backup.DrillEvidence.Transaction;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

class DrillChainsTest {
    private static final IncarnationKeys MAIN = new IncarnationKeys(new ClusterName("main"), new SystemIdentifier(7));
    private static final Instant NOW = Instant.parse("2026-11-30T18:00:00.123456Z");

    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final DrillChains chains = new DrillChains(store, MAIN);
    private final DrillKeys chain = new DrillKeys(MAIN, UUID.randomUUID(), UUID.randomUUID());

    @TempDir
    private Path directory;

    /** With everything that evidence may have. */
    static DrillEvidence evidence(String id) {
        return new DrillEvidence(
                MAIN,
                id,
                Optional.empty(),
                "db1",
                "0.2.0",
                Optional.of(150004),
                NOW,
                NOW.plusSeconds(90),
                new Target("time", Optional.of("2026-11-29T03:00:00Z"), "evenly"),
                Optional.of(new Restored(
                        new BackupId("20261128T020000Z"),
                        Optional.of(Sha256.of(new byte[0])),
                        new Timeline(3),
                        Optional.of(WalNames.requireSegment("000000030000000000000001")),
                        Optional.of(WalNames.requireSegment("000000030000000000000009")))),
                Optional.of(new Lsn(0x9000028)),
                Optional.of(new Transaction(4_000_000_000L, NOW.minusSeconds(9))),
                Optional.of(new Transaction(4_000_000_001L, NOW.minusSeconds(8))),
                List.of(new Source("local", UUID.randomUUID().toString())),
                List.of(
                        new Judged("files", Optional.empty(), Optional.of("every file matches")),
                        new Judged("question orders", Optional.of("question"), Optional.empty())),
                new Took(Duration.ofMillis(1234), Duration.ofMillis(5), Duration.ZERO, 1L << 40));
    }

    private DrillEvidence read(int index) throws IOException {
        return chains.read().getFirst().evidence().get(index);
    }

    private List<String> problems() throws IOException {
        return chains.read().stream()
                .flatMap(each -> each.problems().stream())
                .map(each -> each.key().name() + " " + each.text())
                .toList();
    }

    private byte[] bytes(int number) throws IOException {
        return store.open(chain.evidence(number), ByteRange.ALL).readAllBytes();
    }

    private void append(int times) throws IOException {
        for (int n = 1; n <= times; n++) {
            chains.append(chain, evidence("drill " + n));
        }
    }

    /** As somebody with the rights of the store does it. */
    private void replace(int number, byte[] document) throws IOException {
        store.delete(List.of(chain.evidence(number)));
        store.putIfAbsent(chain.evidence(number), ObjectSource.of(document));
    }

    @Test
    void whatIsStoredIsReadAndNamesTheDocumentBeforeIt() throws IOException {
        DrillEvidence first = evidence("a");
        DrillEvidence second = evidence("b");
        assertThat(chains.append(chain, first)).isEqualTo(1);
        assertThat(chains.append(chain, second)).isEqualTo(2);

        assertThat(read(0)).isEqualTo(first);
        assertThat(read(1)).isEqualTo(second.after(Optional.of(new Previous(Sha256.of(bytes(1)), false))));
        assertThat(problems()).isEmpty();
        assertThat(chains.cachedIn(directory.resolve("drills")).read()).isEqualTo(chains.read());
        assertThat(chains.cachedIn(directory.resolve("drills")).read())
                .as("out of the file")
                .isEqualTo(chains.read());
    }

    @Test
    void twoDrillsAtOnceTakeTwoNumbers() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Integer>> drills = IntStream.range(0, 12)
                    .mapToObj(n -> (Callable<Integer>) () -> chains.append(chain, evidence("drill " + n)))
                    .toList();
            List<Integer> numbers = new ArrayList<>();
            for (Future<Integer> each : threads.invokeAll(drills)) {
                numbers.add(each.get());
            }
            assertThat(numbers)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.rangeClosed(1, 12).boxed().toList());
        }
        assertThat(problems()).isEmpty();
    }

    @Test
    void whatIsMissingInTheMiddleIsFoundAndTheBeginningMayBeGone() throws IOException {
        append(6);
        store.delete(List.of(chain.evidence(1), chain.evidence(2)));
        assertThat(problems()).isEmpty();
        assertThat(chains.append(chain, evidence("next"))).isEqualTo(7);

        store.delete(List.of(chain.evidence(4), chain.evidence(5)));

        assertThat(problems())
                .containsExactly("00000004.json is missing, with all up to number 5, although later evidence is there");
    }

    @Test
    void aDocumentThatWasChangedIsFoundByTheOneAfterIt() throws IOException {
        append(3);
        DrillEvidence other = evidence("drill 2").after(Optional.of(new Previous(Sha256.of(bytes(1)), false)));
        byte[] better = new String(other.encode(), StandardCharsets.UTF_8)
                .replace("\"db1\"", "\"db2\"")
                .replaceAll("\"sha256\": .*\\n", "")
                .getBytes(StandardCharsets.UTF_8);
        String open = new String(better, StandardCharsets.UTF_8).stripTrailing();

        replace(2, ChecksummedJson.write(open.substring(0, open.length() - 1) + "}"));

        assertThat(read(1).host()).isEqualTo("db2");
        assertThat(problems())
                .containsExactly("00000002.json was changed: the evidence with number 3 names another SHA-256 of it");
    }

    @Test
    void aDamagedDocumentIsFoundAndTheOthersAreRead() throws IOException {
        append(3);
        byte[] flipped = bytes(2);
        flipped[100] ^= 1;
        replace(2, flipped);

        assertThat(problems()).singleElement().asString().startsWith("00000002.json is damaged: ");
        assertThat(chains.read().getFirst().evidence()).hasSize(2);
        assertThat(chains.append(chain, evidence("next"))).isEqualTo(4);
    }

    @Test
    void aNewestDocumentThatIsDamagedAndRepairedLaterBreaksNoChain() throws IOException {
        append(2);
        byte[] intact = bytes(2);
        byte[] flipped = intact.clone();
        flipped[100] ^= 1;
        replace(2, flipped);
        assertThat(chains.append(chain, evidence("next"))).isEqualTo(3);
        assertThat(problems()).singleElement().asString().startsWith("00000002.json is damaged: ");

        replace(2, intact);

        assertThat(problems()).isEmpty();
    }

    @Test
    void aDocumentOfAnotherPlaceInTheChainIsFound() throws IOException {
        append(2);
        byte[] second = bytes(2);
        replace(1, second);
        assertThat(problems()).first().asString().contains("it is the first, and names one before it");

        DrillKeys elsewhere = new DrillKeys(
                new IncarnationKeys(new ClusterName("other"), new SystemIdentifier(7)),
                chain.repository(),
                chain.host());
        store.putIfAbsent(elsewhere.evidence(1), ObjectSource.of(second));
        assertThat(new DrillChains(store, elsewhere.incarnation())
                        .read()
                        .getFirst()
                        .problems()
                        .getFirst()
                        .text())
                .contains("it is of cluster 'main'");
    }

    @Test
    void theOldestGoUpToTheFirstThatIsYoungAndNeverTheNewest() throws IOException {
        append(3);
        DrillKeys other = new DrillKeys(MAIN, chain.repository(), UUID.randomUUID());
        chains.append(other, evidence("x"));
        Instant later = Instant.now().plusSeconds(60);

        assertThat(chains.storedBefore(later))
                .extracting(ObjectInfo::key)
                .containsExactly(chain.evidence(1), chain.evidence(2));
        assertThat(chains.storedBefore(Instant.now().minusSeconds(60))).isEmpty();
    }

    @Test
    void aDocumentThatIsTooLongIsRefused() {
        DrillEvidence one = evidence("x");
        List<Judged> many = IntStream.range(0, 40_000)
                .mapToObj(n -> new Judged("question " + n, Optional.empty(), Optional.empty()))
                .toList();
        DrillEvidence longOne = new DrillEvidence(
                MAIN,
                "x",
                Optional.empty(),
                "db1",
                "0.2.0",
                Optional.empty(),
                NOW,
                NOW,
                one.target(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                many,
                one.took());

        assertThatThrownBy(() -> chains.append(chain, longOne))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("and may have 1047552");
    }

    @Test
    void aJudgementPassedOrFailed() {
        String document = new String(evidence("x").encode(), StandardCharsets.UTF_8)
                .replace("\"passed\":false", "\"passed\":true");
        int end = document.indexOf("\"sha256\"");
        byte[] both = ChecksummedJson.write(document.substring(0, end).strip().replaceAll(",$", "") + "}");
        ObjectKey key = chain.evidence(1);

        assertThatThrownBy(() -> DrillEvidence.decode(both, key, MAIN))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("question orders");
    }
}
