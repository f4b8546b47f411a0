// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Native libraries in a jar: those of this machine are in {@code native}, where the launcher names them, and those of
 * other systems and processors are of no use to an installation.
 */
final class ForeignParts {
    private static final Pattern NATIVE = Pattern.compile(".*\\.(so|dll|dylib|jnilib|a)");
    private static final byte[] NOTHING = {};

    private ForeignParts() {}

    /** Replaces {@code jar}; one without native libraries stays as it is. */
    static void remove(Path jar) throws IOException {
        RewrittenJar.replace(
                jar,
                "The build of Tidemark took the native libraries out.",
                (name, content) -> NATIVE.matcher(name).matches() ? NOTHING : content);
    }
}
