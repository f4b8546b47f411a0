// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/** How many files a file system still takes: one that is out of inodes is full, however many bytes are free. */
public final class FreeFiles {
    /** More than struct statvfs has, on any Linux of 64 bits. */
    private static final long STRUCT_BYTES = 256;

    private static final long TOTAL = 40;
    private static final long FREE = 56;

    private FreeFiles() {}

    /** Of the file system of a path; empty if it has no limit, or Java may not ask. */
    @SuppressWarnings("restricted") // the function has these arguments
    public static Optional<Long> of(Path path) {
        if (!System.getProperty("os.name").equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            return linker.defaultLookup()
                    .find("statvfs")
                    .map(function -> linker.downcallHandle(
                            function,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS)))
                    .flatMap(function -> asked(function, path));
        } catch (IllegalCallerException | UnsupportedOperationException | UnsatisfiedLinkError e) {
            return Optional.empty();
        }
    }

    private static Optional<Long> asked(MethodHandle function, Path path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(STRUCT_BYTES, Long.BYTES);
            int status = (int) function.invokeExact(arena.allocateFrom(path.toString()), answer);
            // btrfs makes inodes as it needs them, and says 0.
            return status != 0 || answer.get(ValueLayout.JAVA_LONG, TOTAL) == 0
                    ? Optional.empty()
                    : Optional.of(answer.get(ValueLayout.JAVA_LONG, FREE));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
