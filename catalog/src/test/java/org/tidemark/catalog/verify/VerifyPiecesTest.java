// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BaseBackup.Objects;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;

/** Every object is sound and has its digest, and yet the manifest does not fit the bundles. */
class VerifyPiecesTest {
    private static final String LARGE = "base/1/large";

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private SampleRepository repository;
    private BaseBackup backup;

    @BeforeEach
    void takeBackup() throws IOException {
        repository = new SampleRepository(store, Files.createDirectory(directory.resolve("work")), random);
        byte[] other = new byte[(1 << 20) + 1];
        random.nextBytes(other);
        repository.files.put("base/1/other", other);
        backup = repository.publish();
    }

    @Test
    void aManifestThatIsWrittenAgainAsItWasIsSound() throws IOException {
        forge(piece -> piece, UnaryOperator.identity());

        assertThat(verify(Scope.ALL).findings()).isEmpty();
    }

    @Test
    void aBundleThatTheBackupDoesNotHaveIsAProblem() throws IOException {
        forge(p -> moved(p, p.bundle() + 1000, p.start(), p.offset()), UnaryOperator.identity());

        assertProblem("is in bundle 1001");
    }

    @Test
    void aFrameThatTheBundleDoesNotHaveIsAProblem() throws IOException {
        forge(p -> moved(p, p.bundle(), p.start() + 1, p.offset()), UnaryOperator.identity());

        assertProblem("but the bundle's index does not");
    }

    @Test
    void aPlaceInAFrameWhereNoPieceBeginsIsAProblem() throws IOException {
        forge(p -> p.size() < 1 << 20 ? moved(p, p.bundle(), p.start(), p.offset() + 1) : p, UnaryOperator.identity());

        assertProblem("but the bundle's index does not");
    }

    @Test
    void anotherLengthOfTheFrameIsAProblem() throws IOException {
        forge(
                p -> new Piece(
                        p.bundle(), p.start(), p.length() + 1, p.offset(), p.placement(), p.checksums(), p.except()),
                UnaryOperator.identity());

        assertProblem("but the bundle's index does not");
    }

    /** Two pieces that are as long, one for the other: only the checksums tell. */
    @Test
    void aPieceOfAnotherFileIsAProblem() throws IOException {
        Frame other = wholeFrame();
        forge(
                p -> p.size() == 1 << 20
                        ? new Piece(
                                p.bundle(),
                                other.offset(),
                                other.length(),
                                p.offset(),
                                p.placement(),
                                p.checksums(),
                                p.except())
                        : p,
                UnaryOperator.identity());

        assertProblem("has other checksums");
    }

    @Test
    void anotherFingerprintIsAProblem() throws IOException {
        forge(
                p -> new Piece(
                        p.bundle(),
                        p.start(),
                        p.length(),
                        p.offset(),
                        p.placement(),
                        new PieceChecksums(p.checksums().crc32c(), p.checksums().fingerprint() ^ 1),
                        p.except()),
                UnaryOperator.identity());

        assertProblem("has other checksums");
    }

    @Test
    void aChecksumThatIsNotTheFilesIsAProblem() throws IOException {
        String before = "\"modified\":\"" + SampleRepository.CLOCK.instant() + "\",\"crc32c\":\"";
        forge(piece -> piece, text -> {
            int crc = text.indexOf(before, text.indexOf(LARGE)) + before.length();
            return text.substring(0, crc) + (text.charAt(crc) == '0' ? '1' : '0') + text.substring(crc + 1);
        });

        assertProblem("do not add up to its checksum");
    }

    @Test
    void anotherFirstPathIsAProblem() throws IOException {
        forge(piece -> piece, text -> text.substring(text.indexOf('\n') + 1));

        assertThat(verify(Scope.ALL).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("first path is not 'PG_VERSION'"));
    }

    @Test
    void whereOnlyStoredBytesAreComparedThisIsNot() throws IOException {
        forge(p -> moved(p, p.bundle(), p.start() + 1, p.offset()), UnaryOperator.identity());

        assertThat(verify(Scope.STORED).findings()).isEmpty();
    }

    /** A bundle that is gone is said once, and not again by every file of it. */
    @Test
    void aMissingBundleIsOneProblem() throws IOException {
        store.delete(List.of(backup.keys().bundle(1)));

        assertThat(verify(Scope.ALL).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).isEqualTo("is missing"));
    }

    private void assertProblem(String words) throws IOException {
        VerifyReport report = verify(Scope.ALL);

        assertThat(report.sound()).isEmpty();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(ObjectFinding.Severity.PROBLEM);
            assertThat(finding.key()).isEqualTo(backup.keys().manifestPart(1));
            assertThat(finding.text()).contains(LARGE).contains(words);
        });
        assertThat(repository.catalog().marks().damage(backup.id())).isPresent();
    }

    private VerifyReport verify(Scope scope) throws IOException {
        Verifier.Options options = new Verifier.Options(Extent.UNMARKED, scope, 2);
        return new Verifier(store, PrivateKeys.NONE, options, SampleRepository.CLOCK, (objects, bytes) -> {})
                .verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.of(backup.id()));
    }

    private static Piece moved(Piece piece, int bundle, long start, int offset) {
        return new Piece(bundle, start, piece.length(), offset, piece.placement(), piece.checksums(), piece.except());
    }

    /** Another frame that one piece of 1 MiB fills. */
    private Frame wholeFrame() throws IOException {
        BundleReader bundle = repository
                .catalog()
                .bundle(
                        backup,
                        repository.catalog().bundles(backup).firstEntry().getValue());
        return bundle.frames().stream()
                .filter(frame -> frame.parts().getFirst().size() == 1 << 20
                        && !frame.parts().getFirst().path().equals(LARGE))
                .findFirst()
                .orElseThrow();
    }

    /** Writes manifest and backup.json again, with the pieces of one file or the text changed. */
    private void forge(UnaryOperator<Piece> pieces, UnaryOperator<String> text) throws IOException {
        byte[] part;
        try (ManifestWriter writer = new ManifestWriter(directory)) {
            ManifestReader manifest = repository.catalog().manifest(backup);
            for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
                writer.add(
                        next.get() instanceof FileEntry file && file.path().equals(LARGE)
                                ? withPieces(
                                        file, file.pieces().stream().map(pieces).toList())
                                : next.get());
            }
            String plain = new String(writer.parts().next().orElseThrow().text(), StandardCharsets.UTF_8);
            part = text.apply(plain).getBytes(StandardCharsets.UTF_8);
        }
        StoredObject stored;
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.MANIFEST,
                backup.keys().numbered(1),
                SampleRepository.SYSTEM,
                Encoding.of(Codec.parse("zstd")),
                ObjectSource.of(part),
                directory)) {
            stored = StoredObject.of(encoded.source());
            replace(backup.keys().manifestPart(1), encoded.source());
        }
        Objects old = backup.objects();
        Objects objects = new Objects(
                old.nonce(),
                old.encryption(),
                old.fingerprintKey(),
                old.bundles(),
                old.backupManifest(),
                List.of(new ManifestPart(old.manifestParts().getFirst().first(), stored)));
        BaseBackup forged = new BaseBackup(
                backup.id(),
                backup.type(),
                backup.name(),
                backup.origin(),
                backup.run(),
                backup.wal(),
                backup.nextXid(),
                backup.contents(),
                objects);
        replace(backup.keys().backup(), ObjectSource.of(forged.encode()));
    }

    private static FileEntry withPieces(FileEntry file, List<Piece> pieces) {
        return new FileEntry(file.path(), file.mode(), file.size(), file.modified(), file.crc32c(), pieces);
    }

    private void replace(ObjectKey key, ObjectSource content) throws IOException {
        store.delete(List.of(key));
        store.putIfAbsent(key, content);
    }
}
