// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With which cache of classes the launcher starts a WAL command. In the place of Java stands what prints its arguments.
 */
class ClassCacheTest {
    private static final String BUCKET = "[repository.far]\nurl = \"s3://backups/production\"\n";
    private static final String DIRECTORY = "[repository.near]\nurl = \"file:///srv\"\n# url = \"s3://backups\"\n";

    @TempDir
    private Path directory;

    private Installation installation;

    @BeforeEach
    void install() throws IOException {
        installation = new Installation(directory);
        Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 65\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.3\"\n");
        Files.writeString(directory.resolve("java-home"), directory.resolve("jdk") + "\n");
        for (String cache : List.of("wal-push", "wal-push-s3", "wal-fetch", "wal-fetch-s3", "command")) {
            Files.writeString(directory.resolve(cache + ".aot"), "");
        }
        installation.put("bucket.toml", BUCKET);
        installation.put("directory.toml", DIRECTORY);
    }

    private String started(Map<String, String> environment, String... arguments) throws Exception {
        String option = "-XX:AOTCache=" + directory.toRealPath() + "/";
        return installation
                .run(List.of(), environment, arguments)
                .output()
                .lines()
                .filter(line -> line.startsWith(option))
                .findFirst()
                .orElseThrow()
                .substring(option.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal-push", "wal-fetch"})
    void thatOfTheStoresThatTheConfigurationNames(String command) throws Exception {
        assertThat(started(Map.of(), command, "a", "b", "--config", "bucket.toml"))
                .isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of(), command, "a", "b", "--config=bucket.toml")).isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of("TIDEMARK_CONFIG", "bucket.toml"), command, "a", "b"))
                .isEqualTo(command + "-s3.aot");
        assertThat(started(Map.of("TIDEMARK_CONFIG", "bucket.toml"), command, "a", "b", "--config", "directory.toml"))
                .isEqualTo(command + ".aot");
    }

    @Test
    void thatOfAnAddressAmongTheArguments() throws Exception {
        assertThat(started(Map.of(), "wal-fetch", "a", "b", "--repository", "s3://backups"))
                .isEqualTo("wal-fetch-s3.aot");
    }

    @Test
    void thatOfTheUsersOwnConfiguration() throws Exception {
        Path own = Files.createDirectories(directory.resolve(".config/tidemark"));
        Files.writeString(own.resolve("tidemark.toml"), BUCKET);

        assertThat(started(Map.of(), "wal-push", "a")).isEqualTo("wal-push-s3.aot");
    }

    @Test
    void oneForAllOtherCommands() throws Exception {
        assertThat(started(Map.of(), "list-backup", "--config", "bucket.toml")).isEqualTo("command.aot");
        assertThat(started(Map.of(), "--help")).isEqualTo("command.aot");
    }

    /** The JVM's warning would stand among the data, and be taken for data by what reads JSON. */
    @Test
    void oneThatDoesNotFitIsPassedOverWithoutAWord() throws Exception {
        Files.writeString(directory.resolve("java-home"), System.getProperty("java.home") + "\n");
        Files.writeString(directory.resolve("command.aot"), "not a cache");

        Installation.Outcome version = installation.run(List.of(), Map.of(), "--version");

        assertThat(version.status()).isZero();
        assertThat(version.output().lines()).singleElement().asString().startsWith("tidemark ");
    }

    @Test
    void aConfigurationThatIsNoFileIsNotWaitedFor() throws Exception {
        Files.createDirectory(installation.data().resolve("strange"));

        assertThat(started(Map.of("TIDEMARK_CONFIG", "strange"), "wal-push", "a"))
                .isEqualTo("wal-push.aot");
    }
}
