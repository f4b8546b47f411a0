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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.StoreDeclarations;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.HostMemory;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.SecretUnavailableException;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.StoreStack;
import org.tidemark.store.WriteRefusingStore;

/** Makes the store at a repository's address, by the provider of its scheme. */
public final class StoreFactory {
    /** For failures that pass within seconds; a caller that can wait longer retries. */
    private static final RetryLimits RETRIES =
            new RetryLimits(5, Duration.ofSeconds(20), Duration.ofMillis(200), Duration.ofSeconds(5));

    private StoreFactory() {}

    /** The caller closes it. */
    public static ObjectStore open(RepositorySettings settings) {
        return open(settings, HostMemory.NONE);
    }

    /**
     * The same for a store of which this host keeps something. The caller closes it.
     *
     * @param memory what it keeps
     */
    public static ObjectStore open(RepositorySettings settings, HostMemory memory) {
        StoreDeclaration declaration = StoreKinds.declaration(settings);
        ObjectStoreProvider provider = StoreKinds.provider(declaration);
        try {
            boolean singleWriter = new StoreOptions(settings.options()).flag(WriteRefusingStore.OPTION, false);
            StoreStack.Settings around = new StoreStack.Settings(
                    singleWriter, settings.bandwidthLimit(), settings.bandwidthLimit(), RETRIES);
            ObjectStore bare = provider.open(settings.url(), optionsFor(declaration, settings), memory);
            // Several threads share it, and this generator is thread-safe.
            return StoreStack.around(bare, around, ElapsedTime.SYSTEM, new Random());
        } catch (SecretUnavailableException e) {
            throw withoutSecret(settings, e);
        } catch (IllegalArgumentException e) {
            throw refused(settings, e);
        }
    }

    /** Creates what must exist before an object can be stored, such as a directory. */
    public static void createRoot(RepositorySettings settings) throws IOException {
        StoreDeclaration declaration = StoreKinds.declaration(settings);
        ObjectStoreProvider provider = StoreKinds.provider(declaration);
        try {
            provider.createRoot(settings.url(), optionsFor(declaration, settings));
        } catch (SecretUnavailableException e) {
            throw withoutSecret(settings, e);
        } catch (IllegalArgumentException e) {
            throw refused(settings, e);
        }
    }

    /**
     * The options that this kind of store does not have, each with a message. Nothing is opened.
     *
     * @throws UserFacingException if there is no such kind of store
     */
    public static Map<String, String> unknownOptions(RepositorySettings settings) {
        return unknownOptions(StoreKinds.declaration(settings), settings);
    }

    /**
     * Why no store can be at the repository's address; empty if its form is right. Nothing is opened.
     *
     * @throws UserFacingException if there is no such kind of store
     */
    public static Optional<String> wrongAddress(RepositorySettings settings) {
        try {
            StoreKinds.declaration(settings).requireAddress(settings.url());
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, String> unknownOptions(StoreDeclaration declaration, RepositorySettings settings) {
        Map<String, String> unknown = new TreeMap<>();
        for (String name : settings.options().keySet()) {
            if (!name.equals(WriteRefusingStore.OPTION.name())
                    && declaration.option(name).isEmpty()) {
                unknown.put(
                        name,
                        "a store with " + declaration.scheme() + ": addresses has no option '" + name + "' (it has "
                                + declaration.options() + ")");
            }
        }
        return unknown;
    }

    /** The defaults of the options that a repository does not set, by the name of the option. */
    public static Map<String, String> defaults(RepositorySettings settings) {
        Map<String, String> defaults = new TreeMap<>();
        for (StoreOption option : StoreKinds.declaration(settings).options()) {
            option.defaultValue()
                    .filter(value -> !settings.options().containsKey(option.name()))
                    .ifPresent(value -> defaults.put(option.name(), value));
        }
        return defaults;
    }

    private static Map<String, String> optionsFor(StoreDeclaration declaration, RepositorySettings settings) {
        Map<String, String> unknown = unknownOptions(declaration, settings);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(unknown.values().iterator().next());
        }
        Map<String, String> options = new HashMap<>(settings.options());
        options.remove(WriteRefusingStore.OPTION.name());
        return options;
    }

    /** Not a configuration error: the keeper of the secrets may be down temporarily. */
    private static UserFacingException withoutSecret(RepositorySettings settings, SecretUnavailableException problem) {
        return new UserFacingException(
                ExitCode.STORE_DENIED,
                settings.described() + ": " + problem.getMessage(),
                "Does it work when this user runs the command, or reads the file, by hand? See the options with:"
                        + " tidemark config",
                problem);
    }

    private static UserFacingException refused(RepositorySettings settings, IllegalArgumentException problem) {
        return new UserFacingException(
                ExitCode.USAGE,
                settings.described() + ": " + problem.getMessage(),
                "Correct its address or its options; see them with: tidemark config",
                problem);
    }

    /**
     * Loads the class that opens the addresses of a scheme. A store with many libraries has them in a directory of its
     * own, {@code lib/stores/NAME} of the installation, and they are loaded when its scheme is used.
     */
    private static final class StoreKinds {
        private static final Map<String, ClassLoader> LOADERS = new ConcurrentHashMap<>();

        private StoreKinds() {}

        /** @throws UserFacingException if no store opens such addresses */
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
                        "Is the installation complete? Its libraries are in lib and lib/stores.",
                        e);
            }
        }

        /** Lives as long as the process. */
        private static ClassLoader loader(String directory) {
            ClassLoader ours = StoreKinds.class.getClassLoader();
            // The launcher passes the directory in the variable; a program that uses this as a library sets the
            // property.
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
}
