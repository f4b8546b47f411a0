// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Arrays;
import java.util.Optional;

/**
 * A permission of Identity and Access Management that the server looks at.
 *
 * @see <a href="https://cloud.google.com/storage/docs/access-control/iam-permissions">IAM permissions</a>
 */
public enum Right {
    /** To create an object; to replace one, {@link #DELETE} is needed as well. */
    CREATE("storage.objects.create"),
    /** To read an object and its metadata. */
    GET("storage.objects.get"),
    /** To list the objects of a bucket. */
    LIST("storage.objects.list"),
    /** To delete an object, or to replace it. */
    DELETE("storage.objects.delete"),
    /** To set a retention. */
    SET_RETENTION("storage.objects.setRetention");

    private final String permission;

    Right(String permission) {
        this.permission = permission;
    }

    /** As Google names it. */
    public String permission() {
        return permission;
    }

    static Optional<Right> of(String permission) {
        return Arrays.stream(values())
                .filter(right -> right.permission.equals(permission))
                .findFirst();
    }
}
