// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The users who may read a store: the modes of its files and directories, independent of the umask. */
public enum FileSystemAccess {
    /** Only the owner may read: 0600 and 0700. */
    PRIVATE("private", "rw-------", "rwx------"),
    /** The group may read: 0640 and 0750. */
    GROUP("group", "rw-r-----", "rwxr-x---");

    private final String optionText;
    private final String file;
    private final String directory;

    FileSystemAccess(String optionText, String file, String directory) {
        this.optionText = optionText;
        this.file = file;
        this.directory = directory;
    }

    String optionText() {
        return optionText;
    }

    Set<PosixFilePermission> file() {
        return PosixFilePermissions.fromString(file);
    }

    Set<PosixFilePermission> directory() {
        return PosixFilePermissions.fromString(directory);
    }

    FileAttribute<Set<PosixFilePermission>> newFile() {
        return PosixFilePermissions.asFileAttribute(file());
    }

    FileAttribute<Set<PosixFilePermission>> newDirectory() {
        return PosixFilePermissions.asFileAttribute(directory());
    }
}
