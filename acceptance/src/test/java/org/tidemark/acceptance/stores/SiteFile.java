// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** Files that a configuration names. They are given to the operating user together with their directory. */
final class SiteFile {
    private SiteFile() {}

    /** One that nobody else can read; its path. */
    static String secret(Path directory, String name, String content) throws IOException {
        return only(Files.writeString(directory.resolve(name), content));
    }

    /** The lines of a private key of OpenSSH that are private: those before them hold the public half. */
    static List<String> privateLines(Path key) throws IOException {
        List<String> lines = Files.readAllLines(key);
        return lines.subList(3, lines.size() - 1);
    }

    static String copy(Path directory, Path from) throws IOException {
        return only(Files.copy(from, directory.resolve(from.getFileName()), StandardCopyOption.REPLACE_EXISTING));
    }

    private static String only(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }
}
