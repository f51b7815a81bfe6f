# Builds one release inside an image's tree. Runs in a private mount namespace: nothing has to be undone.
# TREE image tree · RELEASES empty folder that receives it · INPUTS lock and build constraints · UV the program
# CACHE uv's cache · TARGET its path on hosts · READABLE folders of this machine to show at the same path

# What is written beside the release goes to memory, and nobody keeps it.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$TREE,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
cd /mnt/root
mount --bind "$RELEASES" opt/openstack
mount -t proc proc proc
mount --rbind /dev dev
mkdir -p run/inputs run/cache run/bin
mount --bind "$INPUTS" run/inputs
mount --bind "$CACHE" run/cache
cp "$UV" run/bin/uv
cp /etc/resolv.conf /etc/hosts etc/
for folder in $READABLE; do
    mkdir -p "./$folder"
    mount --rbind "$folder" "./$folder"
done

export HOME=/root PATH=/run/bin:/usr/sbin:/usr/bin:/sbin:/bin
export UV_CACHE_DIR=/run/cache UV_LINK_MODE=copy UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never
chroot . uv venv --quiet --python /usr/bin/python3 "$TARGET"
VIRTUAL_ENV=$TARGET chroot . uv pip install --quiet --require-hashes \
    --build-constraint /run/inputs/build-constraints.txt -r /run/inputs/lock.txt
chroot . "$TARGET/bin/python" -m compileall -q -j 2 -x '/tests/(unit|functional|tempest|api)/' "$TARGET/lib" || true

# horizon: its settings belong to the host, what browsers load is made once.
SITE=$(chroot . "$TARGET/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
SETTINGS=/etc/openstack-dashboard/local_settings.py
ln -s "$SETTINGS" ".$SITE/openstack_dashboard/local/local_settings.py"
mkdir -p etc/openstack-dashboard
# With the default cache, memcached on this machine, one of seven blocks is left out and no error is printed.
cat > ".$SETTINGS" << SETTINGS
SECRET_KEY = "not used by hosts"
COMPRESS_OFFLINE = True
STATIC_ROOT = "$TARGET/static"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# pyScss 1.4.0 writes an expression that Python 3.11 does not take; horizon mends that itself, 24.0 at the latest.
try:
    from scss.grammar.expression import SassExpressionScanner as scanner
except ImportError:
    pass
else:
    scanner._patterns[:] = [
        (name, "(?i)" + words.replace("(?i)", "")) if "(?i)" in words[1:] else (name, words)
        for name, words in scanner._patterns
    ]
SETTINGS
for verb in "collectstatic --noinput --verbosity 0" "compress --force --verbosity 0"; do
    chroot . "$TARGET/bin/python" -W ignore -m django $verb --settings openstack_dashboard.settings
done
