// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;

/** What pushing and fetching do without is not loaded: it would cost every WAL segment its start-up. */
class LoadedClassesTest {
    @TempDir
    private Path work;

    @Test
    void whatIsNotEncryptedLoadsNoClassOfEncryption() throws IOException, InterruptedException {
        assertThat(loadedBy("clear"))
                .contains("org.tidemark.catalog.format.ObjectEncoder")
                .noneMatch(this::isOfEncryption);
        assertThat(loadedBy("encrypted")).anyMatch(this::isOfEncryption);
    }

    /** Keys are built, not parsed: the first switch over patterns costs about 12 ms. */
    @Test
    void archivingSwitchesOverNoPatterns() throws IOException, InterruptedException {
        assertThat(loadedBy("clear"))
                .contains("org.tidemark.catalog.layout.IncarnationKeys")
                .doesNotContain("org.tidemark.catalog.layout.ObjectName", "java.lang.runtime.SwitchBootstraps");
    }

    private boolean isOfEncryption(String name) {
        return name.startsWith("org.tidemark.catalog.age.")
                || name.equals("javax.crypto.JceSecurity")
                || name.startsWith("com.sun.crypto.provider.");
    }

    private List<String> loadedBy(String what) throws IOException, InterruptedException {
        Path log = work.resolve(what);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xlog:class+load:file=" + log + ":none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PutAndRead.class.getName(),
                        what)
                .inheritIO()
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(line -> line.split(" ", 2)[0]).toList();
        }
    }

    /** Archives a segment twice and reads it. */
    static final class PutAndRead {
        public static void main(String[] args) throws IOException {
            Encoding encoding = Encoding.of(Codec.parse("zstd"));
            PrivateKeys keys = PrivateKeys.NONE;
            if (args[0].equals("encrypted")) {
                KeyPair pair = KeyPair.fresh();
                encoding = KeyPair.encoding("zstd", pair);
                keys = pair.privateKeys();
            }
            MemoryStore store = new MemoryStore(Samples.CLOCK);
            Repository.create(store, Samples.CLOCK).register(Samples.IDENTITY, Samples.CLOCK);
            WalArchive archive = Repository.open(store, Optional.empty(), keys, WritePolicy.ANYTHING)
                    .incarnation(Samples.IDENTITY.cluster(), Samples.SYSTEM)
                    .orElseThrow()
                    .wal();
            WalFile.Segment segment = Samples.segment("00000001000000A900000065");
            for (int i = 0; i < 2; i++) {
                try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.WAL,
                        segment.name(),
                        Samples.SYSTEM,
                        encoding,
                        ObjectSource.of(new byte[100_000]),
                        Path.of("nowhere"))) {
                    archive.put(segment, encoded);
                }
            }
            try (InputStream in = archive.open(segment).orElseThrow()) {
                in.transferTo(OutputStream.nullOutputStream());
            }
        }

        private PutAndRead() {}
    }
}
