// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import org.tidemark.testkit.TemporaryTree;

/**
 * The Java that an installation brings along: the JVM of the JDK that builds, with the modules that the program needs.
 */
final class JavaRuntime {
    /**
     * What the classes of the libraries refer to, as jdeps has it, but for jdk.jfr, which nothing here calls. Beside
     * these: Kerberos for connections to PostgreSQL (jdk.security.auth, jdk.security.jgss), and what keeps a connection
     * to a store alive (jdk.net). Quartz needs java.desktop, for its beans, and java.rmi.
     */
    private static final List<String> MODULES = List.of(
            "java.base",
            "java.desktop",
            "java.logging",
            "java.management",
            "java.naming",
            "java.net.http",
            "java.rmi",
            "java.security.jgss",
            "java.sql",
            "java.xml",
            "jdk.httpserver",
            "jdk.net",
            "jdk.security.auth",
            "jdk.security.jgss",
            "jdk.unsupported");

    /** Of java.desktop: windows, fonts, images and sounds, which nothing here opens. */
    private static final List<String> UNUSED = List.of(
            "awt",
            "awt_headless",
            "awt_xawt",
            "fontmanager",
            "freetype",
            "javajpeg",
            "jawt",
            "jsound",
            "lcms",
            "mlib_image",
            "splashscreen");

    private JavaRuntime() {}

    /**
     * Makes {@code runtime}, unless this very JDK has made it in an earlier build.
     *
     * @throws IOException if this JDK cannot, as one without jlink, or without the modules to link
     */
    static void link(Path runtime) throws IOException {
        String wanted = System.getProperty("java.home") + " " + System.getProperty("java.vm.version") + " "
                + String.join(",", MODULES) + " without " + String.join(",", UNUSED) + "\n";
        Path note = runtime.toAbsolutePath().getParent().resolveSibling("runtime.txt");
        if (Files.exists(runtime.resolve("bin/java"))
                && Files.exists(note)
                && Files.readString(note).equals(wanted)) {
            return;
        }
        Files.deleteIfExists(note);
        if (Files.exists(runtime)) {
            TemporaryTree.delete(runtime);
        }
        ToolProvider jlink = ToolProvider.findFirst("jlink")
                .orElseThrow(() -> new IOException("the JDK in " + System.getProperty("java.home")
                        + " has no jlink; install one that has, such as the package temurin-25-jdk or"
                        + " openjdk-25-jdk"));
        int status = jlink.run(
                System.out,
                System.err,
                "--add-modules",
                String.join(",", MODULES),
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                runtime.toString());
        if (status != 0) {
            throw new IOException("jlink ended with " + status);
        }
        Files.deleteIfExists(runtime.resolve("bin/jwebserver"));
        Files.deleteIfExists(runtime.resolve("bin/rmiregistry"));
        for (String library : UNUSED) {
            Files.deleteIfExists(runtime.resolve("lib/lib" + library + ".so"));
        }
        Files.writeString(note, wanted);
    }
}
