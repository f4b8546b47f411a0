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
    /** To change metadata. */
    UPDATE("storage.objects.update"),
    /** To set a retention. */
    SET_RETENTION("storage.objects.setRetention"),
    /** To weaken a retention that is not locked. */
    OVERRIDE_UNLOCKED_RETENTION("storage.objects.overrideUnlockedRetention"),
    /** To read the properties of a bucket. */
    BUCKET_GET("storage.buckets.get"),
    /** To list buckets. */
    BUCKET_LIST("storage.buckets.list"),
    /** To create a bucket. */
    BUCKET_CREATE("storage.buckets.create"),
    /** To create a bucket whose objects can have a retention. */
    BUCKET_ENABLE_OBJECT_RETENTION("storage.buckets.enableObjectRetention"),
    /** To delete a bucket. */
    BUCKET_DELETE("storage.buckets.delete");

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
