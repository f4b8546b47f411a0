// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The name of this machine. */
public final class HostName {
    private HostName() {}

    /**
     * The name that {@code uname -n} prints. The kernel is asked: {@link java.net.InetAddress#getLocalHost} fails where
     * the name has no address, which is common in containers and harmless.
     *
     * @throws IOException the kernel does not tell it
     */
    public static String ofThisMachine() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    }
}
