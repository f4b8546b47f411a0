// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * The directory of a local store, and the users who may read it. Immutable.
 *
 * @param root an absolute path without dot parts
 */
public record FileSystemConfig(Path root, FileSystemAccess access) {
    static final String ACCESS_OPTION = "access";

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
        String text = options.get(ACCESS_OPTION);
        if (text == null) {
            return FileSystemAccess.PRIVATE;
        }
        for (FileSystemAccess access : FileSystemAccess.values()) {
            if (access.optionText().equals(text)) {
                return access;
            }
        }
        throw new IllegalArgumentException(
                "invalid value of '" + ACCESS_OPTION + "': '" + text + "' (expected private or group)");
    }
}
