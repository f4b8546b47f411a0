// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config.repository;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StoreDeclaration;

/**
 * Loads the class that opens the addresses of a scheme. A store with many libraries has them in a directory of its own,
 * {@code lib/stores/NAME} of the installation, and they are loaded when its scheme is used.
 */
final class StoreKinds {
    private static final Map<String, ClassLoader> LOADERS = new ConcurrentHashMap<>();

    private StoreKinds() {}

    /** @throws UserFacingException if nothing opens such addresses */
    static StoreDeclaration declaration(RepositorySettings settings) {
        String scheme = String.valueOf(settings.url().getScheme());
        Optional<StoreDeclaration> declaration = StoreDeclarations.of(scheme);
        if (declaration.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    settings.described() + ": the URL has the unknown scheme '" + scheme + "'",
                    "Known schemes: " + String.join(", ", StoreDeclarations.schemes())
                            + ". Example: file:///var/lib/tidemark");
        }
        return declaration.get();
    }

    static ObjectStoreProvider provider(StoreDeclaration declaration) {
        String provider = declaration.provider();
        String inPackage = provider.substring(0, provider.lastIndexOf('.'));
        String name = inPackage.substring(inPackage.lastIndexOf('.') + 1);
        try {
            ClassLoader loader = LOADERS.computeIfAbsent(name, StoreKinds::loader);
            return Class.forName(provider, true, loader)
                    .asSubclass(ObjectStoreProvider.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "the store '" + name + "' cannot be loaded: " + e,
                    "Is the installation whole? Its libraries are in lib and lib/stores.",
                    e);
        }
    }

    /** Lives as long as the process. */
    private static ClassLoader loader(String directory) {
        ClassLoader ours = StoreKinds.class.getClassLoader();
        // The launcher says where it is by the variable; a program that has this as a library, by the property.
        String property = System.getProperty("tidemark.home");
        String home = property == null ? System.getenv("TIDEMARK_HOME") : property;
        Path libraries = Path.of(home == null ? "" : home, "lib", "stores", directory);
        if (home == null || !Files.isDirectory(libraries)) {
            return ours;
        }
        List<URL> jars = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(libraries, "*.jar")) {
            for (Path file : files) {
                jars.add(url(file.toFile()));
            }
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "cannot read '" + libraries + "': " + e.getMessage(),
                    "Make the installation readable for this user.",
                    e);
        }
        return new URLClassLoader(jars.toArray(URL[]::new), ours);
    }

    private static URL url(File file) throws MalformedURLException {
        return file.toURI().toURL();
    }
}
