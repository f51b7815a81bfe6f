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
# Tests are not run from here, except that some services' fake drivers live among them.
chroot . "$TARGET/bin/python" -m compileall -q -j 2 "$TARGET/lib" || true
