// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.queue.PendingQueue.Addition;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;

class SpoolTest {
    private static final RepositoryId ID = new RepositoryId("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static final ClusterName CLUSTER = new ClusterName("main");
    private static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);

    @TempDir
    private Path directory;

    private Spool spool(long limit) {
        return new Spool(directory.resolve("spool"), limit);
    }

    private PendingQueue queue() {
        return spool(1 << 30).queue(ID, CLUSTER, SYSTEM);
    }

    private EncodedObject encode(String name, byte[] content) throws IOException {
        return ObjectEncoder.encode(
                ContainerKind.WAL, name, SYSTEM, Encoding.of(Codec.parse("none")), ObjectSource.of(content), directory);
    }

    private static String name(int number) {
        return String.format(java.util.Locale.ROOT, "0000000100000000%08X", number);
    }

    private void add(PendingQueue queue, int number, int size) throws IOException {
        EncodedObject encoded = encode(name(number), new byte[size]);
        queue.add(queue.list(), new Addition.Bytes(name(number), encoded.header(), encoded.source()));
    }

    @Test
    void theFileHoldsExactlyTheBytesThatAreToBeStoredAndOnlyItsOwnerReadsThem() throws Exception {
        EncodedObject encoded = encode(name(7), "wal".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        queue().add(queue().list(), new Addition.Bytes(name(7), encoded.header(), encoded.source()));

        Path file = directory
                .resolve("spool/v1/pending")
                .resolve(ID.value())
                .resolve("main/" + SYSTEM + "/0000000000000001." + name(7));
        try (InputStream bytes = encoded.source().open()) {
            assertThat(file).hasBinaryContent(bytes.readAllBytes());
        }
        try (Stream<Path> all = Files.walk(directory.resolve("spool"))) {
            for (Path each : all.toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                        .as(each.toString())
                        .isEqualTo(Files.isDirectory(each) ? "rwx------" : "rw-------");
            }
        }
        assertThat(filesOf(file.resolveSibling(""))).containsExactly(file);
    }

    private static List<Path> filesOf(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    /** Whatever is added, delivered and put aside in between, what is left is in the order in which it came. */
    @Test
    void whatIsKeptStaysInTheOrderInWhichItCame() throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(5, 500); round++) {
            PendingQueue queue = new Spool(directory.resolve("spool" + round), 1 << 30).queue(ID, CLUSTER, SYSTEM);
            List<String> expected = new ArrayList<>();
            for (int step = 0; step < 40; step++) {
                int choice = expected.isEmpty() ? 0 : random.nextInt(4);
                if (choice < 2) {
                    // Segments do not come in the order of their names: timelines, histories, parallel pushes.
                    int number = random.nextInt(1 << 20);
                    if (!expected.contains(name(number))) {
                        add(queue, number, random.nextInt(100));
                        expected.add(name(number));
                    }
                } else {
                    int index = random.nextInt(expected.size());
                    PendingObject object = queue.pending().get(index);
                    if (choice == 2) {
                        queue.delivered(object);
                    } else {
                        queue.refuse(object);
                    }
                    expected.remove(index);
                }
                assertThat(queue.pending()).extracting(PendingObject::keyName).isEqualTo(expected);
            }
        }
    }

    @Test
    void theSameContentAgainIsKeptOnce() throws Exception {
        add(queue(), 1, 10);
        add(queue(), 1, 10);

        assertThat(queue().pending()).hasSize(1);
        queue().refuse(queue().pending().getFirst());
        add(queue(), 1, 10);
        assertThat(queue().pending()).isEmpty();
    }

    @Test
    void otherContentForTheSameKeyIsAConflict() throws Exception {
        add(queue(), 1, 10);

        assertThatThrownBy(() -> add(queue(), 1, 11))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_CONFLICT));
    }

    @Test
    void theLimitHoldsForAllRepositoriesTogetherAndForWhatWasPutAside() throws Exception {
        RepositoryId other = new RepositoryId("7c9e6679-7425-40de-944b-e07fc1f90ae7");
        long each = encode(name(1), new byte[1000]).source().sizeBytes();
        Spool spool = spool(3 * each);
        add(spool.queue(ID, CLUSTER, SYSTEM), 1, 1000);
        add(spool.queue(other, CLUSTER, SYSTEM), 1, 1000);
        add(spool.queue(ID, CLUSTER, SYSTEM), 2, 1000);
        spool.queue(ID, CLUSTER, SYSTEM)
                .refuse(spool.queue(ID, CLUSTER, SYSTEM).pending().getFirst());

        assertThatThrownBy(() -> add(spool.queue(ID, CLUSTER, SYSTEM), 3, 1))
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.SPOOL_FULL);
                    assertThat(e).hasMessageContaining(each + " bytes of it were refused");
                    assertThat(e.hint()).contains("remove", "v1/refused", "docs/repair/conflict.md");
                });
        assertThat(spool.usedBytes()).isEqualTo(3 * each);
        assertThat(spool.refusedBytes()).isEqualTo(each);
        assertThat(spool.queues()).hasSize(2);
    }

    @Test
    void aRepositoryNeverSeesWhatIsKeptForAnother() throws Exception {
        add(queue(), 1, 10);

        assertThat(spool(1000)
                        .queue(new RepositoryId("7c9e6679-7425-40de-944b-e07fc1f90ae7"), CLUSTER, SYSTEM)
                        .pending())
                .isEmpty();
    }

    @Test
    void whatThisHostsDiskHasChangedIsFoundOut() throws Exception {
        add(queue(), 1, 1000);
        PendingObject object = queue().pending().getFirst();
        byte[] bytes = Files.readAllBytes(object.file());
        for (int position : new int[] {3, 100, bytes.length - 1}) {
            byte[] changed = bytes.clone();
            changed[position] ^= 1;
            Files.write(object.file(), changed);
            assertThatThrownBy(object::read).isInstanceOf(DamagedObjectException.class);
        }
        Files.write(object.file(), java.util.Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(object::read).isInstanceOf(DamagedObjectException.class);
    }

    @Test
    void whatAKilledProcessLeftBehindIsRemovedAndNeverCounts() throws Exception {
        add(queue(), 1, 10);
        Path kept = queue().pending().getFirst().file();
        Path dead = Files.write(kept.resolveSibling(".new-999999999-1"), new byte[10]);
        Path living = Files.write(
                kept.resolveSibling(".new-" + ProcessHandle.current().pid() + "-999"), new byte[10]);

        assertThat(queue().pending()).hasSize(1);
        add(queue(), 2, 10);

        assertThat(dead).doesNotExist();
        assertThat(living).exists();
    }

    /** As in a container, where each process may have the number of the one before. */
    @Test
    void whatAKilledProcessOfTheSameNumberLeftBehindIsInNobodysWay() throws Exception {
        add(queue(), 1, 10);
        Path kept = queue().pending().getFirst().file();
        for (int number = 0; number < 1000; number++) {
            Files.write(kept.resolveSibling(".new-" + ProcessHandle.current().pid() + "-" + number), new byte[10]);
        }

        add(queue(), 2, 10);

        assertThat(queue().pending()).hasSize(2);
    }

    @Test
    void whatAKilledProcessLeftBehindDoesNotFillTheSpool() throws Exception {
        long each = encode(name(1), new byte[1000]).source().sizeBytes();
        Spool spool = spool(2 * each);
        add(spool.queue(ID, CLUSTER, SYSTEM), 1, 1000);
        Path kept = spool.queue(ID, CLUSTER, SYSTEM).pending().getFirst().file();
        Files.write(kept.resolveSibling(".new-999999999-1"), new byte[(int) each]);

        add(spool.queue(ID, CLUSTER, SYSTEM), 2, 1000);

        assertThat(spool.queue(ID, CLUSTER, SYSTEM).pending()).hasSize(2);
    }

    /** On a full disk the half of an object would keep it full. */
    @Test
    void whatCannotBeWrittenWholeLeavesNothingBehind() throws Exception {
        EncodedObject encoded = encode(name(1), new byte[1000]);
        ObjectSource cutOff = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return encoded.source().sizeBytes();
            }

            @Override
            public InputStream open() throws IOException {
                return new java.io.ByteArrayInputStream(new byte[600]);
            }
        };

        assertThatThrownBy(() -> queue().add(queue().list(), new Addition.Bytes(name(1), encoded.header(), cutOff)))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.LOCAL_FILES));

        try (Stream<Path> files = Files.walk(directory.resolve("spool"))) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
    }

    /** What was put aside by a process that died before that was durable is synced where it is now. */
    @Test
    void whatIsKnownAsRefusedIsAcknowledgedAlsoWhereNothingElseWaits() throws Exception {
        add(queue(), 1, 10);
        queue().refuse(queue().pending().getFirst());
        Path pending = directory.resolve("spool/v1/pending");
        Files.delete(pending.resolve(ID.value()).resolve("main").resolve(SYSTEM.toString()));

        add(queue(), 1, 10);

        assertThat(queue().pending()).isEmpty();
        assertThat(queue().refused()).hasSize(1);
    }

    @Test
    void aPauseGrowsWithEachFailureAndEndsWithASuccess() {
        RetryPause pause = spool(1000).pause(ID);
        Instant now = Instant.parse("2026-11-20T06:30:00Z");
        assertThat(pause.lasts(at(now))).isFalse();

        pause.failed(at(now));
        assertThat(pause.lasts(at(now.plus(RetryPause.FIRST).minusMillis(1)))).isTrue();
        assertThat(pause.lasts(at(now.plus(RetryPause.FIRST)))).isFalse();
        pause.failed(at(now));
        assertThat(pause.lasts(at(now.plus(RetryPause.FIRST)))).isTrue();
        for (int i = 0; i < 100; i++) {
            pause.failed(at(now));
        }
        assertThat(pause.lasts(at(now.plus(RetryPause.LONGEST)))).isFalse();
        // The clock was set back.
        assertThat(pause.lasts(at(now.minus(Duration.ofHours(1))))).isFalse();
        pause.succeeded();
        assertThat(pause.lasts(at(now))).isFalse();
    }

    private static Clock at(Instant instant) {
        return Clock.fixed(instant, ZoneOffset.UTC);
    }
}
