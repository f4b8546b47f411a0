// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.age.AgeIdentity.IdentityFile;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;

/** The {@code age} program itself reads what is written here, and the other way round. */
class AgeProgramTest {
    private static final String INSTALL = "apt-get install age";

    private final Path age = RequiredServer.program("age", INSTALL);
    private final Path ageKeygen = RequiredServer.program("age-keygen", INSTALL);
    private final Random random = Rounds.random();

    @TempDir
    private Path work;

    @Test
    void theProgramReadsWhatIsWrittenHere() throws IOException, InterruptedException {
        Files.write(work.resolve("key"), AgeFiles.IDENTITY.encode());
        AgeIdentity other = AgeIdentity.generate(AgeFiles.RANDOM);
        Files.write(work.resolve("other"), other.encode());
        for (int size : AgeFiles.SIZES) {
            byte[] plain = AgeFiles.randomBytes(random, size);
            Files.write(
                    work.resolve("file"), AgeFiles.encrypt(plain, AgeFiles.IDENTITY.recipient(), other.recipient()));

            for (String key : List.of("key", "other")) {
                // To its standard output: a file that would be empty is not made at all.
                assertThat(run(age, "--decrypt", "-i", key, "file"))
                        .as("%d bytes", size)
                        .isEqualTo(plain);
            }
        }
    }

    @Test
    void whatTheProgramWritesIsReadHere() throws IOException, InterruptedException {
        run(ageKeygen, "-o", "key");
        AgeIdentity identity =
                IdentityFile.parse(Files.readAllBytes(work.resolve("key"))).getFirst();
        for (int size : AgeFiles.SIZES) {
            byte[] plain = AgeFiles.randomBytes(random, size);
            Files.write(work.resolve("plain"), plain);

            run(
                    age,
                    "-r",
                    AgeFiles.IDENTITY.recipient().toString(),
                    "-r",
                    identity.recipient().toString(),
                    "-o",
                    "file",
                    "plain");

            byte[] file = Files.readAllBytes(work.resolve("file"));
            assertThat(AgeFiles.decrypt(file, identity)).as("%d bytes", size).isEqualTo(plain);
            assertThat(AgeFiles.decrypt(file, AgeFiles.IDENTITY)).isEqualTo(plain);
            assertThatIOException()
                    .isThrownBy(() -> AgeFiles.decrypt(file, AgeIdentity.generate(AgeFiles.RANDOM)))
                    .withMessage("no key fits");
        }
    }

    @Test
    void thePublicKeyOfAPrivateOneIsTheProgramsAnswerToo() throws IOException, InterruptedException {
        for (int i = 0; i < 20; i++) {
            AgeIdentity identity = AgeIdentity.generate(AgeFiles.RANDOM);
            Files.write(work.resolve("key"), identity.encode());

            assertThat(new String(run(ageKeygen, "-y", "key"), StandardCharsets.US_ASCII).strip())
                    .isEqualTo(identity.recipient().toString());
        }
    }

    private byte[] run(Path program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path output = work.resolve("output");
        Path errors = work.resolve("errors");
        Process process = new ProcessBuilder(command)
                .directory(work.toFile())
                .redirectError(errors.toFile())
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
        return Files.readAllBytes(output);
    }
}
