// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/** Values of the formats, from a seeded generator. */
final class BackupFixtures {
    static final Instant STARTED = Instant.parse("2026-11-20T06:30:11.123456Z");
    static final BackupKeys KEYS =
            new BackupKeys(new ClusterName("main"), new SystemIdentifier(7312089945514410L), BackupId.of(STARTED, 1));

    private BackupFixtures() {}

    static Sha256 sha256(Random random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return Sha256.of(bytes);
    }

    static FingerprintKey fingerprintKey(Random random) {
        return FingerprintKey.random(random);
    }

    static StoredObject object(Random random) {
        return new StoredObject(random.nextLong(1L << 40), sha256(random));
    }

    static BaseBackup backup(Random random) {
        List<BaseBackup.ManifestPart> parts = new ArrayList<>();
        for (int i = 1; i <= random.nextInt(4); i++) {
            parts.add(new BaseBackup.ManifestPart("base/" + i, object(random)));
        }
        return new BaseBackup(
                KEYS.id(),
                BaseBackup.Type.FULL,
                random.nextBoolean() ? Optional.of("before \"5.0\" \\ \n é \ud83d\ude00") : Optional.empty(),
                new BaseBackup.Origin(
                        KEYS.cluster(), KEYS.system(), 150019, new WalSegmentSize(1 << 20), 8192, random.nextBoolean()),
                new BaseBackup.Run(
                        "base-backup",
                        "db1",
                        random.nextBoolean() ? BaseBackup.Source.PRIMARY : BaseBackup.Source.STANDBY,
                        "0.1.0",
                        STARTED,
                        STARTED.plusSeconds(random.nextInt(100_000)),
                        random.nextBoolean() ? List.of("PostgreSQL: \"a\"\n\u00e9", "") : List.of()),
                new WalRange(new Timeline(3), Lsn.parse("16/B374D848"), Lsn.parse("16/B9000060")),
                random.nextBoolean() ? Optional.of(random.nextLong()) : Optional.empty(),
                new BaseBackup.Contents(
                        random.nextInt(1 << 20),
                        random.nextLong(1L << 50),
                        random.nextLong(1L << 50),
                        List.of(new BaseBackup.Tablespace(
                                0xFFFF_FFFFL, Optional.of("schnell=\"1\" \u00e9"), "/mnt/\"fast\"", 77)),
                        List.of(new BaseBackup.DamagedPage("base/5/1259", random.nextInt(131_072), "checksum")),
                        random.nextInt(1, 1 << 20)),
                new BaseBackup.Objects(
                        "00ff",
                        Optional.empty(),
                        fingerprintKey(random),
                        object(random),
                        List.of(object(random), object(random)),
                        parts));
    }

    /** The same backup under another id. */
    static BaseBackup withId(BaseBackup backup, BackupId id) {
        return new BaseBackup(
                id,
                backup.type(),
                backup.name(),
                backup.origin(),
                backup.run(),
                backup.wal(),
                backup.nextXid(),
                backup.contents(),
                backup.objects());
    }

    /** An entry of the path {@code prefix} and something that needs escaping. */
    static ManifestEntry entry(Random random, String prefix) {
        String path = prefix
                + new String[] {"", "/PG_VERSION", " \"'\\", "é", "\ud83d\ude00", "\ufffd", "\u0001\n"}
                        [random.nextInt(7)];
        return switch (random.nextInt(3)) {
            case 0 -> new DirectoryEntry(path, random.nextInt(010000));
            case 1 -> new LinkEntry(path, "/mnt/fast \"" + random.nextInt());
            default -> file(random, path);
        };
    }

    static FileEntry file(Random random, String path) {
        List<Piece> pieces = new ArrayList<>();
        long size = 0;
        int crc = 0;
        for (int i = random.nextInt(4); i > 0; i--) {
            int length = random.nextInt(1, Frame.MAX_DATA_BYTES + 1);
            PieceChecksums checksums = new PieceChecksums(random.nextInt(), random.nextLong());
            pieces.add(new Piece(
                    random.nextInt(1, 100),
                    random.nextLong(1L << 40),
                    random.nextInt(1, 1 << 20),
                    random.nextInt(Frame.MAX_DATA_BYTES - length + 1),
                    size,
                    length,
                    checksums));
            crc = Crc32cCombination.combine(crc, checksums.crc32c(), length);
            size += length;
        }
        return new FileEntry(
                path, 0600, size, Instant.ofEpochSecond(random.nextInt(), random.nextInt(2) * 5_000L), crc, pieces);
    }

    static String number(int i) {
        return String.format(Locale.ROOT, "%08d", i);
    }
}
