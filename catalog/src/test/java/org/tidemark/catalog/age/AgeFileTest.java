// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher;
import org.tidemark.store.ByteRange;
import org.tidemark.testkit.Rounds;

/** What goes in comes out, whole or in part, and nothing else ever does. */
class AgeFileTest {
    private static final AgeIdentity IDENTITY = AgeFiles.IDENTITY;
    private static final int CHUNK = ChunkCipher.STORED_BYTES;

    private final Random random = Rounds.random();

    @Test
    void whatWasEncryptedComesBack() throws IOException {
        for (int size : AgeFiles.SIZES) {
            byte[] plain = AgeFiles.randomBytes(random, size);

            byte[] file = AgeFiles.encrypt(plain, IDENTITY.recipient());

            assertThat(AgeFiles.decrypt(file, IDENTITY)).as("%d bytes", size).isEqualTo(plain);
        }
    }

    @Test
    void itDoesNotMatterInWhichPiecesItIsWritten() throws IOException {
        byte[] plain = AgeFiles.randomBytes(random, 200_000);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (AgeOutput out = new AgeOutput(file, List.of(IDENTITY.recipient()), AgeFiles.RANDOM)) {
            for (int at = 0; at < plain.length; ) {
                int count = Math.min(plain.length - at, 1 + random.nextInt(100_000));
                out.write(plain, at, count);
                at += count;
            }
        }

        assertThat(AgeFiles.decrypt(file.toByteArray(), IDENTITY)).isEqualTo(plain);
    }

    @Test
    void twoFilesOfOneContentHaveNothingInCommon() throws IOException {
        byte[] plain = new byte[1000];
        byte[] one = AgeFiles.encrypt(plain, IDENTITY.recipient());
        byte[] other = AgeFiles.encrypt(plain, IDENTITY.recipient());

        assertThat(Arrays.copyOfRange(one, one.length - 1000, one.length))
                .isNotEqualTo(Arrays.copyOfRange(other, other.length - 1000, other.length));
    }

    @Test
    void eachOfSeveralRecipientsReadsItAndNobodyElse() throws IOException {
        List<AgeIdentity> identities = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            identities.add(AgeIdentity.generate(AgeFiles.RANDOM));
        }
        byte[] plain = AgeFiles.randomBytes(random, 1000);
        byte[] file = AgeFiles.encrypt(
                plain, identities.stream().map(AgeIdentity::recipient).toArray(AgeRecipient[]::new));

        for (AgeIdentity identity : identities) {
            assertThat(AgeFiles.decrypt(file, identity)).isEqualTo(plain);
            assertThat(AgeFiles.decrypt(file, IDENTITY, identity)).isEqualTo(plain);
        }
        AgeHeader header = AgeHeader.read(new ByteArrayInputStream(file));
        assertThat(header.unwrap(List.of(IDENTITY))).isEmpty();
        assertThat(header.unwrap(List.of())).isEmpty();
    }

    @Test
    void everyPartIsReadByTheChunksItLiesInAlone() throws IOException {
        for (int round = 0; round < Rounds.of(200, 5_000); round++) {
            int size = 1 + random.nextInt(400_000);
            byte[] plain = AgeFiles.randomBytes(random, size);
            byte[] file = AgeFiles.encrypt(plain, IDENTITY.recipient());
            AgeChunks chunks = AgeFiles.chunks(new ByteArrayInputStream(file), file.length, IDENTITY);
            assertThat(chunks.plainSize()).isEqualTo(size);
            for (int part = 0; part < 5; part++) {
                int offset = random.nextInt(size);
                int length = 1 + random.nextInt(size - offset);

                ByteRange range = chunks.stored(offset, length);
                ByteArrayInputStream stored = new ByteArrayInputStream(
                        file, Math.toIntExact(range.offset()), Math.toIntExact(range.length()));
                byte[] read = chunks.open(stored, offset, length).readNBytes(length);

                assertThat(read).isEqualTo(Arrays.copyOfRange(plain, offset, offset + length));
                assertThat(range.length()).isLessThanOrEqualTo(((length - 2L) / ChunkCipher.PLAIN_BYTES + 2) * CHUNK);
            }
        }
    }

    @Test
    void aPartThatIsNotThereIsAMistakeOfTheCaller() throws IOException {
        byte[] file = AgeFiles.encrypt(new byte[100], IDENTITY.recipient());
        AgeChunks chunks = AgeFiles.chunks(new ByteArrayInputStream(file), file.length, IDENTITY);

        for (int[] part : new int[][] {{-1, 1}, {0, 0}, {0, 101}, {100, 1}, {99, 2}}) {
            assertThat(catchArgument(() -> chunks.stored(part[0], part[1])))
                    .as(Arrays.toString(part))
                    .isTrue();
        }
    }

    private static boolean catchArgument(Runnable call) {
        try {
            call.run();
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300})
    void aFlippedBitIsAlwaysFound(int size) throws IOException {
        byte[] file = AgeFiles.encrypt(AgeFiles.randomBytes(random, size), IDENTITY.recipient());

        for (int bit = 0; bit < file.length * 8; bit++) {
            byte[] flipped = file.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertRefused("bit " + bit, flipped);
        }
    }

    @Test
    void aFlippedBitOfALongFileIsFoundWhereverItIs() throws IOException {
        byte[] file = AgeFiles.encrypt(AgeFiles.randomBytes(random, 200_000), IDENTITY.recipient());

        for (int round = 0; round < Rounds.of(200, 5_000); round++) {
            byte[] flipped = file.clone();
            int bit = random.nextInt(file.length * 8);
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertRefused("bit " + bit, flipped);
        }
    }

    @Test
    void everyCutIsFound() throws IOException {
        byte[] shortFile = AgeFiles.encrypt(AgeFiles.randomBytes(random, 100), IDENTITY.recipient());
        for (int length = 0; length < shortFile.length; length++) {
            assertRefused(length + " bytes", Arrays.copyOf(shortFile, length));
        }
        byte[] longFile =
                AgeFiles.encrypt(AgeFiles.randomBytes(random, 3 * ChunkCipher.PLAIN_BYTES), IDENTITY.recipient());
        int begin = longFile.length - 3 * CHUNK;
        for (int cut : new int[] {begin, begin + CHUNK, begin + 2 * CHUNK}) {
            for (int length = cut - 20; length <= cut + 20; length++) {
                assertRefused(length + " bytes", Arrays.copyOf(longFile, length));
            }
        }
    }

    @Test
    void whatWasAddedIsFound() throws IOException {
        for (int size : new int[] {0, 100, ChunkCipher.PLAIN_BYTES, 2 * ChunkCipher.PLAIN_BYTES}) {
            byte[] file = AgeFiles.encrypt(AgeFiles.randomBytes(random, size), IDENTITY.recipient());
            for (int extra : new int[] {1, 15, 16, 17, 1000, CHUNK, CHUNK + 1}) {
                assertRefused(size + " bytes and " + extra + " more", Arrays.copyOf(file, file.length + extra));
                byte[] repeated = AgeFiles.concat(file, Arrays.copyOfRange(file, file.length - 16, file.length));
                assertRefused(size + " bytes and the end again", repeated);
            }
        }
    }

    @Test
    void chunksThatWereMovedRepeatedOrLeftOutAreFound() throws IOException {
        byte[] file = AgeFiles.encrypt(AgeFiles.randomBytes(random, 4 * ChunkCipher.PLAIN_BYTES), IDENTITY.recipient());
        int begin = file.length - 4 * CHUNK;
        byte[] head = Arrays.copyOf(file, begin);
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            chunks.add(Arrays.copyOfRange(file, begin + i * CHUNK, begin + (i + 1) * CHUNK));
        }

        for (int one = 0; one < 4; one++) {
            for (int other = one + 1; other < 4; other++) {
                List<byte[]> swapped = new ArrayList<>(chunks);
                Collections.swap(swapped, one, other);
                assertRefused(one + " and " + other + " swapped", joined(head, swapped));
            }
            List<byte[]> without = new ArrayList<>(chunks);
            without.remove(one);
            assertRefused("without " + one, joined(head, without));
            List<byte[]> twice = new ArrayList<>(chunks);
            twice.add(one, chunks.get(one));
            assertRefused(one + " twice", joined(head, twice));
        }
        assertThat(AgeFiles.decrypt(joined(head, chunks), IDENTITY)).hasSize(4 * ChunkCipher.PLAIN_BYTES);
    }

    @Test
    void chunksOfAnotherFileAreFound() throws IOException {
        byte[] one = AgeFiles.encrypt(AgeFiles.randomBytes(random, 100), IDENTITY.recipient());
        byte[] other = AgeFiles.encrypt(AgeFiles.randomBytes(random, 100), IDENTITY.recipient());
        int chunk = 100 + ChaChaCipher.TAG_BYTES;

        assertRefused(
                "the chunk of another file",
                AgeFiles.concat(
                        Arrays.copyOf(one, one.length - chunk),
                        Arrays.copyOfRange(other, other.length - chunk, other.length)));
    }

    @Test
    void anEmptyLastChunkAfterAFullOneIsRefused() throws IOException {
        FileKey key = FileKey.random(AgeFiles.RANDOM);
        byte[] nonce = new byte[FileKey.NONCE_BYTES];
        ChunkCipher cipher = new ChunkCipher(key, nonce);
        byte[] full = new byte[CHUNK];
        cipher.encrypt(0, ChunkCipher.Place.BEFORE_THE_LAST, new byte[CHUNK], ChunkCipher.PLAIN_BYTES, full);
        byte[] empty = new byte[ChaChaCipher.TAG_BYTES];
        cipher.encrypt(1, ChunkCipher.Place.LAST, new byte[0], 0, empty);
        byte[] file = AgeFiles.concat(
                AgeHeader.encode(key, List.of(IDENTITY.recipient()), AgeFiles.RANDOM), nonce, full, empty);

        assertRefused("an empty last chunk", file);
    }

    private static byte[] joined(byte[] head, List<byte[]> chunks) {
        return AgeFiles.concat(head, AgeFiles.concat(chunks.toArray(byte[][]::new)));
    }

    private static void assertRefused(String what, byte[] file) {
        assertThatIOException().as(what).isThrownBy(() -> AgeFiles.decrypt(file, IDENTITY));
    }
}
