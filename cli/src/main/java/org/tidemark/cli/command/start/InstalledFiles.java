// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;

/**
 * The files of this installation, compared with the lists that its package brought: one for the program, and one for
 * each store that is a package of its own.
 *
 * @param directory the installation
 * @param version the package's
 * @param files how many are as they were packed
 * @param missing paths below the installation
 * @param changed the same, of files with another content
 * @param added the same, of files on no list: the launcher runs every jar that it finds
 */
public record InstalledFiles(
        Path directory, String version, int files, List<String> missing, List<String> changed, List<String> added) {
    private static final String LIST = "files.sha256";
    private static final String VERSION = "version";
    /** Of a version that was replaced: its package's note of when. */
    private static final String REPLACED = "replaced";
    /** Of a line, as sha256sum writes it: the digest in hexadecimal digits, and two characters. */
    private static final int PATH_AT = 66;

    /**
     * Reads every file.
     *
     * @throws UserFacingException if the installation has no list, or a file cannot be read
     */
    static InstalledFiles compare(Path home) {
        if (!Files.exists(home.resolve(LIST))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + home + "' has no list of its files: it was not installed from a package",
                    "Only what a package or its tar archive has installed can be compared.");
        }
        List<String> missing = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        Set<Path> listed = new HashSet<>();
        int files = 0;
        try {
            for (Path list : lists(home)) {
                Path directory = Optional.ofNullable(list.getParent()).orElse(home);
                for (String line : Files.readAllLines(list)) {
                    Path file = directory.resolve(line.substring(PATH_AT)).normalize();
                    listed.add(file);
                    String name = home.relativize(file).toString();
                    Optional<Sha256> found = digest(file);
                    if (found.isEmpty()) {
                        missing.add(name);
                    } else if (!line.startsWith(found.get().hex())) {
                        changed.add(name);
                    } else {
                        files++;
                    }
                }
            }
            String version = Files.readString(home.resolve(VERSION)).strip();
            return new InstalledFiles(home, version, files, missing, changed, added(home, listed));
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read the installation in '" + home + "': " + e,
                    "Make it readable for this user, or install the package again.",
                    e);
        }
    }

    boolean complete() {
        return missing.isEmpty() && changed.isEmpty() && added.isEmpty();
    }

    private static List<String> added(Path home, Set<Path> listed) throws IOException {
        try (Stream<Path> all = Files.walk(home)) {
            return all.filter(file -> !Files.isDirectory(file) && !listed.contains(file) && !leadsTo(listed, file))
                    .map(file -> home.relativize(file).toString())
                    .filter(name -> !name.endsWith(LIST) && !name.equals(REPLACED) && !name.startsWith("share/"))
                    .sorted()
                    .toList();
        }
    }

    /** Java's licences are links to one of them. */
    private static boolean leadsTo(Set<Path> listed, Path file) {
        try {
            return Files.isSymbolicLink(file)
                    && listed.contains(
                            file.resolveSibling(Files.readSymbolicLink(file)).normalize());
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Path> lists(Path home) throws IOException {
        List<Path> lists = new ArrayList<>(List.of(home.resolve(LIST)));
        Path stores = home.resolve("lib/stores");
        if (Files.isDirectory(stores)) {
            try (DirectoryStream<Path> each = Files.newDirectoryStream(stores)) {
                for (Path store : each) {
                    lists.add(store.resolve(LIST));
                }
            }
        }
        return lists;
    }

    private static Optional<Sha256> digest(Path file) throws IOException {
        try {
            return Optional.of(Sha256.of(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
