// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.tidemark.store.StoreOptions;

/**
 * The directory of a local store, and the users who may read it. Immutable.
 *
 * @param root an absolute path without dot parts
 */
public record FileSystemConfig(Path root, FileSystemAccess access) {
    public FileSystemConfig {
        if (!root.isAbsolute() || root.getParent() == null || !root.equals(root.normalize())) {
            throw new IllegalArgumentException(
                    "invalid directory of a local store: '" + root + "' (expected an absolute path below '/')");
        }
    }

    /**
     * Parses {@code file:///dir} and its options.
     *
     * @throws IllegalArgumentException if one of them is not valid
     */
    public static FileSystemConfig parse(URI address, Map<String, String> options) {
        boolean plain = "file".equals(address.getScheme())
                && address.getRawAuthority() == null
                && address.getRawQuery() == null
                && address.getRawFragment() == null;
        String path = address.getPath();
        if (!plain || path == null || !path.startsWith("/")) {
            throw new IllegalArgumentException(
                    "invalid address of a local store: '" + address + "' (expected file:///dir with an absolute path)");
        }
        return new FileSystemConfig(Path.of(path).normalize(), access(options));
    }

    private static FileSystemAccess access(Map<String, String> options) {
        String text = new StoreOptions(options).choice(FileSystemOptions.ACCESS);
        return text.equals(FileSystemAccess.GROUP.optionText()) ? FileSystemAccess.GROUP : FileSystemAccess.PRIVATE;
    }
}
