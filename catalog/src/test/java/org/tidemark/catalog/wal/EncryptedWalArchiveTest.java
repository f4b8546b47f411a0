// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.KeyPair;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.wal.WalArchive.PutOutcome;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** A host with public keys alone archives, and the owner of the private key reads. */
class EncryptedWalArchiveTest {
    private static final KeyPair OWNER = KeyPair.fresh();
    private static final KeyPair OTHER = KeyPair.fresh();
    private static final WalFile.Segment SEGMENT = Samples.segment("00000001000000A900000065");
    private static final ObjectKey KEY =
            new ObjectKey("main/7312089945514410/wal/00000001/000000A9/00000001000000A900000065");

    private final MemoryStore store = new MemoryStore(Samples.CLOCK);

    @BeforeEach
    void register() throws IOException {
        Repository.create(store, Samples.CLOCK).register(Samples.IDENTITY, Samples.CLOCK);
    }

    @Test
    void theSameContentAgainIsAlreadyThereAndAnotherIsAConflictWithoutAnyPrivateKey() throws IOException {
        WalArchive archive = archive(PrivateKeys.NONE);

        assertThat(put(archive, KeyPair.encoding("zstd", OWNER), "one")).isEqualTo(PutOutcome.STORED);
        // Other bytes each time: another file key.
        assertThat(put(archive, KeyPair.encoding("zstd", OWNER), "one")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(put(archive, KeyPair.encoding("none", OTHER), "one")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThat(put(archive, Encoding.of(Codec.parse("zstd")), "one")).isEqualTo(PutOutcome.ALREADY_THERE);
        assertThatThrownBy(() -> put(archive, KeyPair.encoding("zstd", OWNER), "two"))
                .isInstanceOf(WalConflictException.class);
        assertThat(read(archive(OWNER.privateKeys()))).isEqualTo("one");
    }

    @Test
    void aDamagedObjectIsNotTakenForTheSameContent() throws IOException {
        WalArchive archive = archive(PrivateKeys.NONE);
        put(archive, KeyPair.encoding("zstd", OWNER), "one");
        byte[] object;
        try (InputStream in = store.open(KEY, ByteRange.ALL)) {
            object = in.readAllBytes();
        }
        for (int at = 512; at < object.length; at++) {
            byte[] flipped = object.clone();
            flipped[at] ^= 1;
            store.delete(List.of(KEY));
            store.putIfAbsent(KEY, ObjectSource.of(flipped));

            assertThatThrownBy(() -> put(archive, KeyPair.encoding("zstd", OWNER), "one"))
                    .as("byte %d", at)
                    .isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void whoHasNoKeyIsToldSoAndNeverThatThereIsNothing() throws IOException {
        put(archive(PrivateKeys.NONE), KeyPair.encoding("zstd", OWNER), "one");

        for (PrivateKeys keys : List.of(PrivateKeys.NONE, OTHER.privateKeys())) {
            assertThat(archive(keys).contains(SEGMENT)).isTrue();
            assertThatThrownBy(() -> read(archive(keys)))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY));
        }
    }

    @Test
    void timelinesAreToldApartWithoutAnyPrivateKey() throws IOException {
        WalArchive archive = archive(PrivateKeys.NONE);
        WalFile.TimelineHistoryFile history = new WalFile.TimelineHistoryFile(new Timeline(2));
        byte[] lines = "1\t0/A9650000\tno recovery target specified\n".getBytes(StandardCharsets.US_ASCII);
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.HISTORY,
                history.name(),
                Samples.SYSTEM,
                KeyPair.encoding("zstd", OWNER),
                ObjectSource.of(lines),
                Path.of("nowhere"))) {
            archive.put(history, encoded);
        }
        put(archive, KeyPair.encoding("zstd", OWNER), "one");

        assertThat(archive.history(new Timeline(2)).orElseThrow().switches()).hasSize(1);
        assertThat(archive.inventory().timelines()).hasSize(2);
    }

    private WalArchive archive(PrivateKeys keys) throws IOException {
        return Repository.open(store, Optional.empty(), keys, WritePolicy.ANYTHING)
                .incarnation(Samples.IDENTITY.cluster(), Samples.SYSTEM)
                .orElseThrow()
                .wal();
    }

    private static PutOutcome put(WalArchive archive, Encoding encoding, String content) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.WAL,
                SEGMENT.name(),
                Samples.SYSTEM,
                encoding,
                ObjectSource.of(content.getBytes(StandardCharsets.US_ASCII)),
                Path.of("nowhere"))) {
            return archive.put(SEGMENT, encoded);
        }
    }

    private static String read(WalArchive archive) throws IOException {
        try (InputStream in = archive.open(SEGMENT).orElseThrow()) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
