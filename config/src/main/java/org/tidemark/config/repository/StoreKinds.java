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
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectStoreProvider;

/**
 * Which class opens the addresses of a scheme. The known ones are named here: to look through every library for them
 * costs each WAL command more than the rest of its start. A store with many libraries has them in a directory of its
 * own, {@code lib/stores/NAME} of the installation, and they are loaded when its scheme is used.
 */
final class StoreKinds {
    private static final List<Kind> KNOWN = List.of(
            new Kind("azure", "azure", "org.tidemark.store.azure.AzureStoreProvider"),
            new Kind("file", "filesystem", "org.tidemark.store.filesystem.FileSystemStoreProvider"),
            new Kind("gs", "gcs", "org.tidemark.store.gcs.GcsStoreProvider"),
            new Kind("rsync", "rsync", "org.tidemark.store.rsync.RsyncStoreProvider"),
            new Kind("rsync+ssh", "rsync", "org.tidemark.store.rsync.RsyncSshStoreProvider"),
            new Kind("s3", "s3", "org.tidemark.store.s3.S3StoreProvider"),
            new Kind("sftp", "sftp", "org.tidemark.store.sftp.SftpStoreProvider"),
            new Kind("swift", "swift", "org.tidemark.store.swift.SwiftStoreProvider"));

    private static final Map<String, ClassLoader> LOADERS = new ConcurrentHashMap<>();

    private StoreKinds() {}

    private record Kind(String scheme, String directory, String provider) {}

    /** @throws UserFacingException if nothing opens such addresses */
    static ObjectStoreProvider provider(RepositorySettings settings) {
        String scheme = String.valueOf(settings.url().getScheme());
        for (Kind kind : KNOWN) {
            if (kind.scheme.equals(scheme)) {
                return load(kind);
            }
        }
        return foreign(scheme, settings);
    }

    private static ObjectStoreProvider load(Kind kind) {
        try {
            ClassLoader loader = LOADERS.computeIfAbsent(kind.directory, StoreKinds::loader);
            return Class.forName(kind.provider, true, loader)
                    .asSubclass(ObjectStoreProvider.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "the store '" + kind.directory + "' cannot be loaded: " + e,
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

    /** One that somebody else wrote and put on the class path. */
    private static ObjectStoreProvider foreign(String scheme, RepositorySettings settings) {
        TreeSet<String> schemes = new TreeSet<>();
        KNOWN.forEach(kind -> schemes.add(kind.scheme));
        for (ObjectStoreProvider provider : ServiceLoader.load(ObjectStoreProvider.class)) {
            if (provider.scheme().equals(scheme)) {
                return provider;
            }
            schemes.add(provider.scheme());
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                settings.described() + ": the URL has the unknown scheme '" + scheme + "'",
                "Known schemes: " + String.join(", ", schemes) + ". Example: file:///var/lib/tidemark");
    }
}
