// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.OwnedPlace;
import org.tidemark.core.OwnedPlace.Kind;

/** The directories of this host in which a cluster has its files. */
public final class ClusterPlaces {
    private ClusterPlaces() {}

    /**
     * The data directory, and where its pg_wal and its tablespaces are, if that is elsewhere. None if there is no
     * cluster in the directory; what cannot be seen is left out.
     *
     * @param owner the cluster, in messages
     */
    public static List<OwnedPlace> of(String owner, Path data) {
        if (!Files.exists(data.resolve("PG_VERSION")) && !Files.exists(data.resolve(ControlFile.PATH))) {
            return List.of();
        }
        List<OwnedPlace> places = new ArrayList<>();
        places.add(new OwnedPlace(Kind.CLUSTER, "the data directory of " + owner, data));
        add(places, "pg_wal of " + owner, data.resolve("pg_wal"));
        try (DirectoryStream<Path> links = Files.newDirectoryStream(data.resolve("pg_tblspc"))) {
            links.forEach(each -> add(places, "a tablespace of " + owner, each));
        } catch (IOException | DirectoryIteratorException e) {
            return places;
        }
        return places;
    }

    private static void add(List<OwnedPlace> places, String owner, Path link) {
        if (Files.isSymbolicLink(link) && Files.isDirectory(link)) {
            try {
                places.add(new OwnedPlace(Kind.CLUSTER, owner, link.toRealPath()));
            } catch (IOException e) {
                // It was dropped meanwhile.
                return;
            }
        }
    }
}
