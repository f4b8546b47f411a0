// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Sha256;
import org.tidemark.testkit.Rounds;

class BundleJournalTest {
    private static final BackupId ATTEMPT = new BackupId("20261120T063011Z");

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final FingerprintKey key = FingerprintKey.random(random);

    private Path file() {
        return directory.resolve("journal");
    }

    /** Everything as text, in order. */
    private static final class Told implements BundleJournal.Visitor {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void attempt(BackupId id, String nonce, String encryption) {
            lines.add(id + " " + nonce + " '" + encryption + "'");
        }

        @Override
        public void bundle(BundleRef bundle, List<Frame> frames) {
            lines.add(bundle + " " + frames);
        }
    }

    private BundleRef bundle(int number) {
        byte[] bytes = new byte[number];
        return new BundleRef(number, ATTEMPT, number, new StoredObject(100, Sha256.of(bytes)), 50);
    }

    private Frame frame(String... paths) {
        return new Frame(
                512,
                70,
                random.nextInt(),
                Arrays.stream(paths)
                        .map(path -> new FramePart(
                                path, new Range(1 << 20, 3), new PieceChecksums(random.nextInt(), random.nextLong())))
                        .toList());
    }

    private List<String> write(int bundles) throws IOException {
        Told told = new Told();
        try (BundleJournal journal = BundleJournal.open(file()).orElseThrow()) {
            journal.begin(key);
            journal.add(ATTEMPT, "00ff", "");
            told.attempt(ATTEMPT, "00ff", "");
            for (int number = 1; number <= bundles; number++) {
                List<Frame> frames = List.of(frame("base/1/" + number), frame("a", "b\udcff"));
                journal.add(bundle(number), frames);
                told.bundle(bundle(number), frames);
            }
        }
        return told.lines;
    }

    private List<String> read() throws IOException {
        Told told = new Told();
        try (BundleJournal journal = BundleJournal.open(file()).orElseThrow()) {
            assertThat(journal.read(told)).isIn(Optional.of(key), Optional.empty());
        }
        return told.lines;
    }

    @Test
    void itSaysWhatWasAdded() throws IOException {
        List<String> written = write(3);
        assertThat(read()).isEqualTo(written).hasSize(4);
        try (BundleJournal journal = BundleJournal.open(file()).orElseThrow()) {
            assertThat(BundleJournal.open(file())).as("another one has it open").isEmpty();
            journal.clear();
        }
        assertThat(read()).isEmpty();
    }

    @Test
    void whereverItIsCutOffTheLinesBeforeCountAndMoreCanBeAdded() throws IOException {
        List<String> written = write(3);
        byte[] content = Files.readAllBytes(file());
        for (int length = 0; length < content.length; length++) {
            Files.write(file(), Arrays.copyOf(content, length));
            List<String> left = read();
            assertThat(left).isEqualTo(written.subList(0, left.size()));
            if (!left.isEmpty()) {
                try (BundleJournal journal = BundleJournal.open(file()).orElseThrow()) {
                    journal.read(new Told());
                    journal.add(bundle(9), List.of());
                }
                assertThat(read()).hasSize(left.size() + 1);
            }
        }
    }

    @Test
    void nothingAfterAChangedByteCounts() throws IOException {
        List<String> written = write(3);
        byte[] content = Files.readAllBytes(file());
        for (int at = 0; at < content.length; at++) {
            byte[] changed = content.clone();
            changed[at] ^= (byte) (1 + random.nextInt(255));
            Files.write(file(), changed);
            List<String> left = read();
            assertThat(left).hasSizeLessThan(written.size()).isEqualTo(written.subList(0, left.size()));
        }
    }

    @Test
    void aLineOfAnotherProgramIsRefused() throws IOException {
        write(1);
        byte[] json = "{\"of\":\"later\"}\n".getBytes(StandardCharsets.UTF_8);
        CRC32C crc = new CRC32C();
        crc.update(json);
        Files.writeString(
                file(),
                Files.readString(file()) + JsonLine.hex((int) crc.getValue()) + " "
                        + new String(json, StandardCharsets.UTF_8));
        assertThatThrownBy(this::read).isInstanceOf(IOException.class).hasMessageContaining("another form");
        assertThat(read()).as("it is forgotten").isEmpty();
    }
}
