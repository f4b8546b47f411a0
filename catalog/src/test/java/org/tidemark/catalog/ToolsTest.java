// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.catalog.Repository.ClusterDocument;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;

/** What the format page promises to somebody who has nothing but ordinary tools. */
class ToolsTest {
    private static final String NAME = "00000001000000A900000065";

    @TempDir
    private Path work;

    @ParameterizedTest
    @CsvSource({
        "zstd, zstd, zstd -dc < OBJECT | cmp - SEGMENT",
        "zstd:19, zstd, zstd -dc < OBJECT | cmp - SEGMENT",
        "lz4, lz4, lz4 -dc < OBJECT | cmp - SEGMENT",
        "gzip, gzip, tail -c +$((512 + 1)) OBJECT | gzip -dc | cmp - SEGMENT",
        "none, cmp, tail -c +$((512 + 1)) OBJECT | cmp - SEGMENT"
    })
    void theToolsReadAnObject(String codec, String tool, String command) throws IOException, InterruptedException {
        need(tool);
        byte[] segment = Samples.compressible(Rounds.random(), 3 << 20);
        Files.write(work.resolve("SEGMENT"), segment);
        writeObject(codec, segment);

        assertThat(run("set -e; " + command)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "zstd, zstd, tail -c +513 OBJECT | age -d -i KEY | zstd -dc | cmp - SEGMENT",
        "lz4, lz4, tail -c +513 OBJECT | age -d -i KEY | lz4 -dc | cmp - SEGMENT",
        "gzip, gzip, tail -c +513 OBJECT | age -d -i KEY | gzip -dc | cmp - SEGMENT",
        "none, cmp, tail -c +513 OBJECT | age -d -i KEY | cmp - SEGMENT"
    })
    void theToolsReadAnEncryptedObject(String codec, String tool, String command)
            throws IOException, InterruptedException {
        need(tool);
        need("age");
        byte[] segment = Samples.compressible(Rounds.random(), 3 << 20);
        Files.write(work.resolve("SEGMENT"), segment);
        KeyPair owner = KeyPair.fresh();
        Files.write(work.resolve("KEY"), owner.identity().encode());
        writeObject(KeyPair.encoding(codec, owner), segment);

        assertThat(run("set -e; " + command)).isEmpty();
    }

    @Test
    void aFingerprintIsMadeBySha256sum() throws IOException, InterruptedException {
        need("sha256sum");
        KeyPair owner = KeyPair.fresh();
        writeObject(KeyPair.encoding("zstd", owner), new byte[10]);

        assertThat(run("printf %s " + owner.identity().recipient() + " | sha256sum | cut -c1-16"))
                .isEqualTo(run("head -c 512 OBJECT | tail -c +9 | grep -a '^recipients ' | cut -d' ' -f2"));
    }

    @Test
    void theDigestsInTheHeaderAreTheOnesOfSha256sum() throws IOException, InterruptedException {
        need("sha256sum");
        byte[] segment = Samples.compressible(Rounds.random(), 100_000);
        Files.write(work.resolve("SEGMENT"), segment);
        writeObject("zstd", segment);

        assertThat(run("head -c 512 OBJECT | tail -c +9 | grep -a '^plain-sha256 ' | cut -d' ' -f2"))
                .isEqualTo(run("sha256sum < SEGMENT | cut -d' ' -f1"));
        assertThat(run("head -c 512 OBJECT | tail -c +9 | grep -a '^stored-sha256 ' | cut -d' ' -f2"))
                .isEqualTo(run("tail -c +513 OBJECT | sha256sum | cut -d' ' -f1"));
        assertThat(run("head -c 512 OBJECT | tail -c +9 | grep -a '^stored-size ' | cut -d' ' -f2"))
                .isEqualTo(run("tail -c +513 OBJECT | wc -c"));
    }

    @Test
    void aDocumentIsReadByJqAndItsSealBySha256sum() throws IOException, InterruptedException {
        need("jq");
        need("sha256sum");
        Files.write(work.resolve("DOCUMENT"), ClusterDocument.write(Samples.IDENTITY, Samples.CLOCK.instant()));

        assertThat(run("jq -r .systemIdentifier DOCUMENT")).isEqualTo("7312089945514410\n");
        assertThat(run("jq -r .sha256 DOCUMENT")).isEqualTo(run("head -c -78 DOCUMENT | sha256sum | cut -d' ' -f1"));
    }

    private void writeObject(String codec, byte[] plain) throws IOException {
        writeObject(Encoding.of(Codec.parse(codec)), plain);
    }

    private void writeObject(Encoding encoding, byte[] plain) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.WAL, NAME, Samples.SYSTEM, encoding, ObjectSource.of(plain), work);
                InputStream in = encoded.source().open()) {
            Files.copy(in, work.resolve("OBJECT"));
        }
    }

    private static void need(String tool) {
        String thePackage = Map.of("cmp", "diffutils", "sha256sum", "coreutils").getOrDefault(tool, tool);
        RequiredServer.program(tool, "apt-get install " + thePackage);
    }

    private String run(String command) throws IOException, InterruptedException {
        Path output = work.resolve("output");
        Process process = new ProcessBuilder("bash", "-o", "pipefail", "-c", command)
                .directory(work.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("ends within 60 s: %s", command)
                .isTrue();
        String text = Files.readString(output);
        assertThat(process.exitValue()).as("%s: %s", command, text).isZero();
        return text;
    }
}
